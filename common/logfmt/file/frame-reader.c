/*
 * Reading the frames of a file.  Nothing in the file is trusted: every size is
 * checked before memory is allocated for it, and there are never more than two
 * buffers of RRLOG_FRAME_MAX_BYTES.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/frame-reader.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/file/compress.h"

int rrlog_frame_reader_open(struct rrlog_frame_reader *fr,
			    const struct rrlog_store *store, const char *name,
			    const char *magic, struct rrlog_error *error)
{
	int err;

	fr->error = error;
	snprintf(fr->name, sizeof(fr->name), "%s/%s", store->path, name);
	err = rrlog_store_find(store, name, &fr->member);
	if (err == -ENOENT)
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: the file is missing",
				  fr->name);
	if (err)
		return rrlog_fail(error, err, "%s: %s", fr->name,
				  rrlog_store_why(err));
	err = rrlog_read_start(&fr->member, magic, fr->name, &fr->start, error);
	if (err)
		return err;
	rrlog_frame_reader_rewind(fr);
	return 0;
}

void rrlog_frame_reader_close(struct rrlog_frame_reader *fr)
{
	rrlog_member_close(&fr->member);
	rrlog_table_free(&fr->table);
	rrlog_buffer_free(&fr->raw);
	rrlog_buffer_free(&fr->stored);
}

void rrlog_frame_reader_rewind(struct rrlog_frame_reader *fr)
{
	fr->salt = rrlog_frame_salt(fr->start.header.trace_id);
	fr->offset = RRLOG_FRAMES_OFFSET;
	fr->chain = fr->start.chain;
	fr->next_ordinal = 0;
	fr->last_branches = fr->last_time_ns = 0;
	fr->torn_bytes = 0;
	fr->frame_offset = RRLOG_FRAMES_OFFSET;
}

int rrlog_frame_fail(struct rrlog_frame_reader *fr, int err, const char *what)
{
	return rrlog_fail(fr->error, err, "%s: offset %llu: %s", fr->name,
			  (unsigned long long)fr->frame_offset, what);
}

/* The rest of the file is less than a frame: torn, unless it is complete. */
static int end_cut_short(struct rrlog_frame_reader *fr, uint64_t left_bytes)
{
	if (rrlog_frame_reader_is_complete(fr))
		return rrlog_frame_fail(fr, -EBADMSG, "the frame is cut short");
	fr->torn_bytes = left_bytes;
	return 0;
}

static int check_end(struct rrlog_frame_reader *fr)
{
	const struct rrlog_file_state *s = &fr->start.state;

	if (!rrlog_frame_reader_is_complete(fr))
		return 0;
	if (fr->next_ordinal != s->total_items || fr->chain != s->chain)
		return rrlog_frame_fail(fr, -EBADMSG,
					"the last frame is not the one that "
					"completed the file");
	return 0;
}

static void header_to_cpu(struct rrlog_frame_header *h)
{
	h->magic = le32toh(h->magic);
	h->flags = le16toh(h->flags);
	h->raw_bytes = le32toh(h->raw_bytes);
	h->stored_bytes = le32toh(h->stored_bytes);
	h->item_count = le32toh(h->item_count);
	h->first_ordinal = le64toh(h->first_ordinal);
	h->time_ns = le64toh(h->time_ns);
	h->first_branches = le64toh(h->first_branches);
	h->salt = le64toh(h->salt);
	h->chain = le32toh(h->chain);
	h->stored_checksum = le32toh(h->stored_checksum);
	h->checksum = le32toh(h->checksum);
}

static int check_header(struct rrlog_frame_reader *fr, uint32_t checksum)
{
	const struct rrlog_frame_header *h = &fr->header;

	if (h->magic != RRLOG_FRAME_MAGIC)
		return rrlog_frame_fail(fr, -EBADMSG, "no frame begins here");
	if (h->checksum != checksum)
		return rrlog_frame_fail(fr, -EBADMSG,
					"wrong checksum of the frame's header");
	if (h->salt != fr->salt || h->chain != fr->chain ||
	    h->first_ordinal != fr->next_ordinal)
		return rrlog_frame_fail(
			fr, -EBADMSG,
			"the frame does not follow the one before");
	if (h->first_branches < fr->last_branches ||
	    h->time_ns < fr->last_time_ns)
		return rrlog_frame_fail(
			fr, -EBADMSG, "the frame is older than the one before");
	if (h->flags & ~RRLOG_FRAME_OPTIONAL)
		return rrlog_frame_fail(
			fr, -EBADMSG,
			"reserved bits of the frame are not zero");
	if (!h->raw_bytes || h->raw_bytes > RRLOG_FRAME_MAX_BYTES ||
	    !h->stored_bytes || h->stored_bytes > h->raw_bytes ||
	    h->item_count > h->raw_bytes)
		return rrlog_frame_fail(fr, -EBADMSG,
					"impossible size of the frame");
	return 0;
}

static void note_frame(struct rrlog_frame_reader *fr)
{
	struct rrlog_frame_ref ref = {
		.offset = fr->offset,
		.first_ordinal = fr->header.first_ordinal,
		.first_branches = fr->header.first_branches,
		.time_ns = fr->header.time_ns,
		.chain = fr->header.chain,
	};

	rrlog_table_note(&fr->table, &ref);
}

int rrlog_frame_next_header(struct rrlog_frame_reader *fr)
{
	uint64_t left_bytes = fr->member.bytes - fr->offset;
	uint32_t checksum;
	int err;

	fr->frame_offset = fr->offset;
	if (!left_bytes)
		return check_end(fr);
	if (left_bytes < RRLOG_HEADER_BYTES)
		return end_cut_short(fr, left_bytes);
	err = rrlog_member_read(&fr->member, &fr->header, sizeof(fr->header),
				fr->offset);
	if (err)
		return rrlog_frame_fail(fr, err, strerror(-err));
	checksum = rrlog_checksum_continue(le32toh(fr->header.chain),
					   &fr->header, RRLOG_CHECKED_BYTES);
	header_to_cpu(&fr->header);
	err = check_header(fr, checksum);
	if (err)
		return err;
	if (fr->header.stored_bytes > left_bytes - RRLOG_HEADER_BYTES)
		return end_cut_short(fr, left_bytes);

	if (fr->keep_table)
		note_frame(fr);
	fr->offset += RRLOG_HEADER_BYTES + fr->header.stored_bytes;
	fr->last_branches = fr->header.first_branches;
	fr->last_time_ns = fr->header.time_ns;
	fr->next_ordinal += fr->header.item_count;
	fr->chain = fr->header.checksum;
	return 1;
}

static int decompress(struct rrlog_frame_reader *fr)
{
	const struct rrlog_frame_header *h = &fr->header;
	int err = rrlog_decompress(h->codec, fr->stored.bytes, h->stored_bytes,
				   fr->raw.bytes, h->raw_bytes);

	if (err == -EPROTONOSUPPORT && h->codec == RRLOG_CODEC_ZSTD)
		return rrlog_frame_fail(fr, err,
					"compressed with zstd, which this "
					"program was built without");
	if (err == -EPROTONOSUPPORT)
		return rrlog_frame_fail(fr, err, "unknown compression");
	if (err)
		return rrlog_frame_fail(fr, err,
					"the frame does not decompress");
	fr->raw.used_bytes = h->raw_bytes;
	return 0;
}

int rrlog_frame_load(struct rrlog_frame_reader *fr)
{
	const struct rrlog_frame_header *h = &fr->header;
	int err;

	fr->raw.used_bytes = 0;
	fr->stored.used_bytes = 0;
	err = rrlog_buffer_reserve(&fr->stored, h->stored_bytes);
	if (!err)
		err = rrlog_buffer_reserve(&fr->raw, h->raw_bytes);
	if (!err)
		err = rrlog_member_read(&fr->member, fr->stored.bytes,
					h->stored_bytes,
					fr->frame_offset + RRLOG_HEADER_BYTES);
	if (err)
		return rrlog_frame_fail(fr, err, strerror(-err));
	if (rrlog_checksum(fr->stored.bytes, h->stored_bytes) !=
	    h->stored_checksum)
		return rrlog_frame_fail(fr, -EBADMSG,
					"wrong checksum of the frame");
	return decompress(fr);
}

int rrlog_frame_next(struct rrlog_frame_reader *fr)
{
	int ret = rrlog_frame_next_header(fr);

	if (ret <= 0)
		return ret;
	ret = rrlog_frame_load(fr);
	return ret ? ret : 1;
}
