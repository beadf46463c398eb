/*
 * Moving among the records of a trace, as they are stored: large data is not
 * fetched. rrlog_cursor_next() is inline so that the loop of
 * rrlog_reader_next() has the decoder in its own translation unit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_CURSOR_INTERNAL_H
#define RRLOG_CURSOR_INTERNAL_H

#include "common/logfmt/data/record-decode.h"
#include "common/logfmt/trace/reader-state-internal.h"

/** Put the sizes of the files, which never change, into .position. */
void rrlog_cursor_note_sizes(struct rrlog_reader *r);

/** Continue before the frame at @ref, as if all before it had been read. */
void rrlog_cursor_begin_at(struct rrlog_reader *r,
			   const struct rrlog_frame_ref *ref);
/** Read the next frame of records: 1; 0 at the end; negative on damage. */
int rrlog_cursor_next_frame(struct rrlog_reader *r);

/* The rare cases of rrlog_cursor_next(): */

/** Load the next frame; returns -EAGAIN, as if a record had been skipped. */
int rrlog_cursor_no_record_left(struct rrlog_reader *r);
/** Set the text for the error @err of the decoder; return @err. */
int rrlog_cursor_decode_failed(struct rrlog_reader *r, int err);
/** Count the optional record that began at @begin as skipped: -EAGAIN. */
int rrlog_cursor_skip_record(struct rrlog_reader *r, const uint8_t *begin);
/**
 * Note what later records need from this one: where its ranges end, and the
 * image that it describes.  -EBADMSG, without a text, if that is impossible.
 */
int rrlog_cursor_note_record(struct rrlog_reader *r,
			     const struct rrlog_record *rec);

/** Records whose data is stored elsewhere, or that describe an image. */
static inline bool rrlog_needs_fetch(const struct rrlog_record *rec)
{
	return rec->in_blobs || rec->type == RRLOG_IMAGE ||
	       rec->type == RRLOG_DMA_IMAGE;
}

/**
 * As rrlog_reader_next() for the record as stored; -EAGAIN if it was skipped.
 */
static inline int rrlog_cursor_next(struct rrlog_reader *r,
				    struct rrlog_record *rec)
{
	const uint8_t *begin = r->in;
	int ret;

	if (!r->frame_left)
		return rrlog_cursor_no_record_left(r);
	ret = rrlog_decode(&r->prediction, &r->in, r->end, rec);
	if (ret < 0)
		return rrlog_cursor_decode_failed(r, ret);
	if (!ret)
		return rrlog_cursor_skip_record(r, begin);
	if (rrlog_needs_fetch(rec) && rrlog_cursor_note_record(r, rec))
		return rrlog_cursor_decode_failed(r, -EBADMSG);
	r->frame_left--;
	r->record = begin;
	return 1;
}

#endif
