/*
 * Reading blobs: lists of runs, and the bytes that they name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/blobs.h"

#include <errno.h>
#include <string.h>

#include "common/logfmt/base/varint.h"
#include "common/logfmt/file/index.h"

int rrlog_runs_begin(struct rrlog_run_list *list, const void *data,
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

int rrlog_runs_next(struct rrlog_run_list *list, struct rrlog_run *run)
{
	uint64_t delta;

	if (!list->left_bytes)
		return list->in == list->end ? 0 : -EBADMSG;
	if (rrlog_get_varint(&list->in, list->end, &delta) ||
	    rrlog_get_varint(&list->in, list->end, &run->bytes))
		return -EBADMSG;
	run->position = list->expected + rrlog_unzigzag(delta);
	if (!run->bytes || run->bytes > list->left_bytes ||
	    run->position > UINT64_MAX - run->bytes)
		return -EBADMSG;
	list->left_bytes -= run->bytes;
	list->expected = run->position + run->bytes;
	/* Small pieces would make little data take long to read. */
	if (list->left_bytes && run->bytes % RRLOG_BLOB_UNIT_BYTES)
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
	if (position < h->first_item ||
	    position - h->first_item >= h->raw_bytes)
		return rrlog_frame_fail(
			fr, -EBADMSG, "a blob that a record names is missing");
	return 0;
}

/* The frame with that byte of the blobs into a place of the cache. */
static int load_frame(struct rrlog_blob_reader *br, uint64_t position,
		      unsigned int *place)
{
	struct rrlog_frame_reader *fr = &br->frames;
	struct rrlog_buffer raw;
	unsigned int i;
	int ret = rrlog_frame_seek(fr, RRLOG_SEEK_ITEM, position);

	if (ret > 0)
		ret = rrlog_frame_next_header(fr);
	if (!ret)
		return rrlog_frame_fail(
			fr, -EBADMSG, "a blob that a record names is missing");
	if (ret > 0)
		ret = check_frame(fr, position);
	if (!ret)
		ret = rrlog_frame_load(fr);
	if (ret)
		return ret;
	for (i = *place = 0; i < RRLOG_BLOB_CACHE_FRAMES; i++) {
		if (br->cache[i].last_use < br->cache[*place].last_use)
			*place = i;
	}
	raw = br->cache[*place].raw;
	br->cache[*place].raw = fr->raw;
	br->cache[*place].position = fr->header.first_item;
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

int rrlog_blob_read(struct rrlog_blob_reader *br, const struct rrlog_run *run,
		    uint8_t *out)
{
	uint64_t position = run->position;
	uint64_t left = run->bytes;

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
