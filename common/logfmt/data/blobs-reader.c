/*
 * Reading blobs: lists of ranges, and the bytes in these ranges.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/blobs.h"

#include <errno.h>
#include <string.h>

#include "common/logfmt/base/varint.h"
#include "common/logfmt/file/index.h"

int rrlog_ranges_begin(struct rrlog_range_list *list, const void *data,
		       size_t bytes, uint64_t expected)
{
	list->in = data;
	list->end = list->in + bytes;
	list->expected = expected;
	if (rrlog_get_varint(&list->in, list->end, &list->left_bytes) ||
	    !list->left_bytes || list->left_bytes > RRLOG_MAX_DATA_BYTES)
		return -EBADMSG;
	return 0;
}

int rrlog_ranges_next(struct rrlog_range_list *list, struct rrlog_range *range)
{
	uint64_t delta;

	if (!list->left_bytes)
		return list->in == list->end ? 0 : -EBADMSG;
	if (rrlog_get_varint(&list->in, list->end, &delta) ||
	    rrlog_get_varint(&list->in, list->end, &range->bytes))
		return -EBADMSG;
	range->position = list->expected + rrlog_unzigzag(delta);
	if (!range->bytes || range->bytes > list->left_bytes ||
	    range->position > UINT64_MAX - range->bytes)
		return -EBADMSG;
	list->left_bytes -= range->bytes;
	list->expected = range->position + range->bytes;
	/* Many small ranges would make a little data slow to read. */
	if (list->left_bytes && range->bytes % RRLOG_BLOB_UNIT_BYTES)
		return -EBADMSG;
	return 1;
}

static int check_frame(struct rrlog_frame_reader *fr, uint64_t position)
{
	const struct rrlog_frame_header *h = &fr->header;

	if (h->kind != RRLOG_FRAME_BLOB_BYTES ||
	    h->item_count != h->raw_bytes ||
	    h->raw_bytes > RRLOG_BLOB_FRAME_BYTES)
		return rrlog_frame_fail(fr, -EBADMSG, "not a frame of blobs");
	if (position < h->first_ordinal ||
	    position - h->first_ordinal >= h->raw_bytes)
		return rrlog_frame_fail(
			fr, -EBADMSG,
			"a blob that a record refers to is missing");
	return 0;
}

/* Load the frame with this position into the slot that is unused longest. */
static int load_frame(struct rrlog_blob_reader *br, uint64_t position,
		      unsigned int *slot)
{
	struct rrlog_frame_reader *fr = &br->frames;
	struct rrlog_buffer raw;
	unsigned int i;
	int ret = rrlog_frame_seek(fr, RRLOG_SEEK_ORDINAL, position);

	if (ret > 0)
		ret = rrlog_frame_next_header(fr);
	if (!ret)
		return rrlog_frame_fail(
			fr, -EBADMSG,
			"a blob that a record refers to is missing");
	if (ret > 0)
		ret = check_frame(fr, position);
	if (!ret)
		ret = rrlog_frame_load(fr);
	if (ret)
		return ret;
	for (i = *slot = 0; i < RRLOG_BLOB_CACHE_FRAMES; i++) {
		if (br->cache[i].last_use < br->cache[*slot].last_use)
			*slot = i;
	}
	raw = br->cache[*slot].raw;
	br->cache[*slot].raw = fr->raw;
	br->cache[*slot].position = fr->header.first_ordinal;
	fr->raw = raw;
	return 0;
}

static bool has_position(const struct rrlog_blob_reader *br, unsigned int i,
			 uint64_t position)
{
	return position >= br->cache[i].position &&
	       position - br->cache[i].position < br->cache[i].raw.used_bytes;
}

static int find_frame(struct rrlog_blob_reader *br, uint64_t position)
{
	unsigned int i;

	if (has_position(br, br->last, position))
		return 0;
	for (i = 0; i < RRLOG_BLOB_CACHE_FRAMES; i++) {
		if (!has_position(br, i, position))
			continue;
		br->last = i;
		return 0;
	}
	return load_frame(br, position, &br->last);
}

int rrlog_blob_read(struct rrlog_blob_reader *br,
		    const struct rrlog_range *range, uint8_t *out)
{
	uint64_t position = range->position;
	uint64_t left = range->bytes;

	while (left) {
		const struct rrlog_buffer *raw;
		uint64_t skip, part;
		int err = find_frame(br, position);

		if (err)
			return err;
		br->cache[br->last].last_use = ++br->uses;
		raw = &br->cache[br->last].raw;
		skip = position - br->cache[br->last].position;
		part = raw->used_bytes - skip < left ? raw->used_bytes - skip :
						       left;
		memcpy(out, raw->bytes + skip, part);
		out += part;
		position += part;
		left -= part;
	}
	return 0;
}

void rrlog_blob_reader_close(struct rrlog_blob_reader *br)
{
	unsigned int i;

	rrlog_frame_reader_close(&br->frames);
	for (i = 0; i < RRLOG_BLOB_CACHE_FRAMES; i++)
		rrlog_buffer_free(&br->cache[i].raw);
}
