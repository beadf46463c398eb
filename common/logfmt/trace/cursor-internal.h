/*
 * Moving in the records of a trace, as they are stored.  rrlog_cursor_next() is
 * inline, for whoever reads does little else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_CURSOR_INTERNAL_H
#define RRLOG_CURSOR_INTERNAL_H

#include "common/logfmt/data/record-decode.h"
#include "common/logfmt/trace/reader-internal.h"

/** Put the sizes of the files, which do not change, into ->position. */
void rrlog_cursor_note_sizes(struct rrlog_reader *r);

/** The number of the next record. */
uint64_t rrlog_cursor_record_count(const struct rrlog_reader *r);

/* The rare ways of rrlog_cursor_next(): */

/** From the next frame; -EAGAIN then, as if the record had been skipped. */
int rrlog_cursor_no_record_left(struct rrlog_reader *r);
int rrlog_cursor_decode_failed(struct rrlog_reader *r, int err);
int rrlog_cursor_skip_record(struct rrlog_reader *r, const uint8_t *begin);
/**
 * Note what a record as stored says about others; -EBADMSG with no text if it
 * says what is not possible.
 */
int rrlog_cursor_note(struct rrlog_reader *r, const struct rrlog_record *rec);

/* What says or needs more than is in itself. */
static inline bool rrlog_needs_fetch(const struct rrlog_record *rec)
{
	return rec->in_blobs || rec->type == RRLOG_IMAGE ||
	       rec->type == RRLOG_DMA_IMAGE;
}

/** Next record as it is stored: as rrlog_reader_next(), -EAGAIN if skipped. */
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
	if (rrlog_needs_fetch(rec) && rrlog_cursor_note(r, rec))
		return rrlog_cursor_decode_failed(r, -EBADMSG);
	r->frame_left--;
	r->record = begin;
	return 1;
}

#endif
