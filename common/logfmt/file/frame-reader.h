/*
 * Reading the frames of one file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FRAME_READER_H
#define RRLOG_FRAME_READER_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/file/header.h"
#include "common/logfmt/file/store.h"
#include "common/logfmt/file/table.h"

struct rrlog_frame_reader {
	struct rrlog_member member;
	char name[RRLOG_NAME_BYTES];
	struct rrlog_file_start start;
	uint64_t salt; /* of each frame */
	struct rrlog_error *error;

	/* Before the next frame: */
	uint64_t offset;
	uint32_t chain;
	uint64_t next_item;
	uint64_t last_branches, last_time_ns; /* which do not fall */
	uint64_t torn_bytes;

	bool keep_table; /* note where frames begin, for seeking */
	struct rrlog_frame_table table;

	/* The current frame: */
	struct rrlog_frame_header header;
	uint64_t frame_offset;
	struct rrlog_buffer raw;
	struct rrlog_buffer stored;
};

/** Open the file and read its start; close it in any case. */
int rrlog_frame_reader_open(struct rrlog_frame_reader *fr,
			    const struct rrlog_store *store, const char *name,
			    const char *magic, struct rrlog_error *error);
void rrlog_frame_reader_close(struct rrlog_frame_reader *fr);
void rrlog_frame_reader_rewind(struct rrlog_frame_reader *fr);

/** Next frame into ->header and ->raw: 1; 0 at the end; negative on damage. */
int rrlog_frame_next(struct rrlog_frame_reader *fr);

/** The same in two steps: the header, and then what it announces. */
int rrlog_frame_next_header(struct rrlog_frame_reader *fr);
int rrlog_frame_load(struct rrlog_frame_reader *fr);

/** Fail with "NAME: offset N: what" for the current frame. */
int rrlog_frame_fail(struct rrlog_frame_reader *fr, int err, const char *what);

static inline bool
rrlog_frame_reader_is_complete(const struct rrlog_frame_reader *fr)
{
	return fr->start.state.state == RRLOG_STATE_COMPLETE;
}

#endif
