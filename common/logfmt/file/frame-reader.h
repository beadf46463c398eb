/*
 * Reading the frames of a file (FORMAT.md, "Frames").
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
	uint64_t salt; /* that each frame must have */
	struct rrlog_error *error;

	/* Where the next frame begins, and what its header must continue: */
	uint64_t offset;
	uint32_t chain;
	uint64_t next_ordinal;
	uint64_t last_branches, last_time_ns; /* never decrease */
	uint64_t torn_bytes; /* of a torn last frame */

	bool keep_table; /* add each frame to .table, for seeking */
	struct rrlog_frame_table table;

	/* The current frame: */
	struct rrlog_frame_header header;
	uint64_t frame_offset;
	struct rrlog_buffer raw;
	struct rrlog_buffer stored;
};

/**
 * Open the file @name of the trace and read its start; close it in any case.
 * @magic as for rrlog_read_start(); @error, for all texts, outlives @fr.
 */
int rrlog_frame_reader_open(struct rrlog_frame_reader *fr,
			    const struct rrlog_store *store, const char *name,
			    const char *magic, struct rrlog_error *error);
void rrlog_frame_reader_close(struct rrlog_frame_reader *fr);
/** Move to before the first frame. */
void rrlog_frame_reader_rewind(struct rrlog_frame_reader *fr);

/**
 * Read the next frame into .header and .raw.  Returns 1; 0 at the end; negative
 * on damage.
 */
int rrlog_frame_next(struct rrlog_frame_reader *fr);

/** Read only its header; returns the same. */
int rrlog_frame_next_header(struct rrlog_frame_reader *fr);
/** Read and decompress the frame of that header: 0, or negative on damage. */
int rrlog_frame_load(struct rrlog_frame_reader *fr);

/** Set the text "NAME: offset N: WHAT" for the current frame; return @err. */
int rrlog_frame_fail(struct rrlog_frame_reader *fr, int err, const char *what);

static inline bool
rrlog_frame_reader_is_complete(const struct rrlog_frame_reader *fr)
{
	return fr->start.state.state == RRLOG_STATE_COMPLETE;
}

#endif
