/*
 * The two blocks at the start of a file of frames: header and state (FORMAT.md,
 * "Files of frames").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_HEADER_H
#define RRLOG_HEADER_H

#include "common/logfmt/base/error.h"
#include "common/logfmt/file/format.h"
#include "common/logfmt/file/store.h"

/** The salt of the frames of this trace. */
uint64_t rrlog_frame_salt(const uint8_t *trace_id);

/** Write header (with @h's magic .. manifest_checksum) and an open state. */
int rrlog_write_header(int fd, struct rrlog_file_header *h, uint32_t *chain);
int rrlog_write_state(int fd, const struct rrlog_file_state *state);

/** What the two blocks at the start of a file say, checked. */
struct rrlog_file_start {
	struct rrlog_file_header header;
	struct rrlog_file_state state;
	uint32_t chain; /* that the first frame must have */
};

/** @name: the file's, for @error. */
int rrlog_read_start(const struct rrlog_member *member, const char *magic,
		     const char *name, struct rrlog_file_start *start,
		     struct rrlog_error *error);

#endif
