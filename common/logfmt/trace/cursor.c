/*
 * Moving among the records of a trace, as they are stored.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/cursor-internal.h"

#include <errno.h>
#include <string.h>

#include "common/logfmt/file/index.h"

void rrlog_cursor_note_sizes(struct rrlog_reader *r)
{
	r->position.pages_file_bytes = r->manifest.pages_bytes;
	r->position.file_bytes = r->events.member.bytes;
	r->position.blobs_file_bytes = r->blobs.frames.member.bytes;
	r->position.total_records = r->events.start.state.total_items;
}

/* Read all ranges: the next record needs the end of the last one. */
static int note_ranges(struct rrlog_reader *r, const struct rrlog_record *rec)
{
	struct rrlog_range_list list;
	struct rrlog_range range;
	int ret = rrlog_ranges_begin(&list, rec->data, rec->data_bytes,
				     r->blob_expected);

	while (!ret) {
		ret = rrlog_ranges_next(&list, &range);
		if (ret <= 0)
			break;
		ret = 0;
	}
	r->blob_expected_before = r->blob_expected;
	r->blob_expected = list.expected;
	return ret;
}

int rrlog_cursor_note_record(struct rrlog_reader *r,
			     const struct rrlog_record *rec)
{
	if (rec->in_blobs && note_ranges(r, rec))
		return -EBADMSG;
	if (rec->type == RRLOG_IMAGE)
		return rrlog_images_learn(&r->images, rec);
	return 0;
}

/*
 * Keep the longer one of two tables of the same file in @a, and free the other.
 */
static void keep_longer(struct rrlog_frame_table *a,
			struct rrlog_frame_table *b)
{
	struct rrlog_frame_table *worse = a->count < b->count ? a : b;
	struct rrlog_frame_table kept = worse == a ? *b : *a;

	rrlog_table_free(worse);
	*a = kept;
}

/* Load the index, unless reading has noted more frames already. */
static void load_index(struct rrlog_reader *r)
{
	struct rrlog_frame_table events = r->events.table;
	struct rrlog_frame_table blobs = r->blobs.frames.table;

	r->index_loaded = true;
	memset(&r->events.table, 0, sizeof(events));
	memset(&r->blobs.frames.table, 0, sizeof(blobs));
	rrlog_index_load(&r->store, &r->events, &r->blobs.frames);
	keep_longer(&r->events.table, &events);
	keep_longer(&r->blobs.frames.table, &blobs);
}

int rrlog_cursor_next_frame(struct rrlog_reader *r)
{
	struct rrlog_frame_reader *fr = &r->events;
	int ret;

	do {
		ret = rrlog_frame_next_header(fr);
		if (ret <= 0)
			return ret;
		if (fr->header.kind != RRLOG_FRAME_RECORDS &&
		    fr->header.item_count)
			return rrlog_frame_fail(
				fr, -EBADMSG,
				"records in a frame that is not of records");
	} while (fr->header.kind != RRLOG_FRAME_RECORDS &&
		 (fr->header.flags & RRLOG_FRAME_OPTIONAL));
	if (fr->header.kind != RRLOG_FRAME_RECORDS)
		return rrlog_frame_fail(fr, -EPROTONOSUPPORT,
					"unknown kind of frame");
	if (!fr->header.item_count)
		return rrlog_frame_fail(fr, -EBADMSG, "a frame of no records");
	ret = rrlog_frame_load(fr);
	if (ret)
		return ret;
	rrlog_prediction_reset(&r->prediction);
	r->blob_expected = 0;
	r->frame = rrlog_frame_reader_ref(fr);
	r->in = r->record = fr->raw.bytes;
	r->end = r->in + fr->header.raw_bytes;
	r->frame_left = fr->header.item_count;
	r->frame_end = fr->next_ordinal;
	r->position.frame_count++;
	r->position.frame_offset = fr->frame_offset;
	r->position.frame_time_ns = fr->header.time_ns;
	r->position.raw_bytes += fr->header.raw_bytes;
	r->position.stored_bytes +=
		RRLOG_HEADER_BYTES + fr->header.stored_bytes;
	return 1;
}

int rrlog_cursor_decode_failed(struct rrlog_reader *r, int err)
{
	return rrlog_frame_fail(
		&r->events, err,
		err == -EPROTONOSUPPORT ?
			"this program is too old for this record" :
			"impossible record");
}

/* From the next frame; -EAGAIN then, as if the record had been skipped. */
int rrlog_cursor_no_record_left(struct rrlog_reader *r)
{
	int ret;

	if (r->in != r->end)
		return rrlog_frame_fail(&r->events, -EBADMSG,
					"bytes after the last record");
	ret = rrlog_cursor_next_frame(r);
	return ret > 0 ? -EAGAIN : ret;
}

int rrlog_cursor_skip_record(struct rrlog_reader *r, const uint8_t *begin)
{
	r->frame_left--;
	r->position.skipped_count++;
	r->record = begin;
	return -EAGAIN;
}

/* Continue as if everything before the next frame had been read. */
static void begin_at_frame(struct rrlog_reader *r)
{
	r->in = r->end = r->record = NULL;
	r->frame_left = 0;
	r->frame_end = r->events.next_ordinal;
	r->position = (struct rrlog_reader_position){ .record_count = 0 };
	rrlog_cursor_note_sizes(r);
}

void rrlog_cursor_begin_at(struct rrlog_reader *r,
			   const struct rrlog_frame_ref *ref)
{
	rrlog_frame_move(&r->events, ref);
	begin_at_frame(r);
}

int rrlog_reader_rewind(struct rrlog_reader *r)
{
	if (r->failed)
		return r->failed;
	rrlog_frame_reader_rewind(&r->events);
	begin_at_frame(r);
	return r->check ? rrlog_reader_check(r) : 0;
}

/* A check needs all records from the first one on. */
static void end_check(struct rrlog_reader *r)
{
	rrlog_check_free(r->check);
	r->check = NULL;
}

static int seek_frame(struct rrlog_reader *r, enum rrlog_seek_key key,
		      uint64_t target)
{
	int ret;

	if (r->failed)
		return r->failed;
	end_check(r);
	if (!r->index_loaded)
		load_index(r);
	ret = rrlog_frame_seek(&r->events, key, target);
	if (ret < 0)
		return r->failed = ret;
	begin_at_frame(r);
	return 0;
}

int rrlog_reader_seek_branches(struct rrlog_reader *r, uint64_t branches)
{
	return seek_frame(r, RRLOG_SEEK_BRANCHES, branches);
}

int rrlog_reader_seek_time_ns(struct rrlog_reader *r, uint64_t time_ns)
{
	return seek_frame(r, RRLOG_SEEK_TIME_NS, time_ns);
}

int rrlog_reader_seek_record(struct rrlog_reader *r, uint64_t record)
{
	struct rrlog_record rec;
	int ret = seek_frame(r, RRLOG_SEEK_ORDINAL, record);

	if (ret)
		return ret;
	while (rrlog_reader_record_count(r) < record) {
		ret = rrlog_cursor_next(r, &rec);
		if (!ret)
			return -ERANGE;
		if (ret < 0 && ret != -EAGAIN)
			return r->failed = ret;
	}
	return 0;
}
