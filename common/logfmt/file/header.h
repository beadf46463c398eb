/*
 * The start of a file of frames: a header and a state of 64 bytes each
 * (FORMAT.md, "Files of frames").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_HEADER_H
#define RRLOG_HEADER_H

#include "common/logfmt/base/error.h"
#include "common/logfmt/file/format.h"
#include "common/logfmt/file/store.h"

/** The salt of all frames of the trace with this id. */
uint64_t rrlog_frame_salt(const uint8_t *trace_id);

/**
 * Write a header and an open state at the start of @fd.  The caller has set the
 * fields of @h from magic to manifest_checksum, except version.  *@chain gets
 * the chain value that the first frame extends.
 */
int rrlog_write_header(int fd, struct rrlog_file_header *h, uint32_t *chain);
/** Rewrite the state. */
int rrlog_write_state(int fd, const struct rrlog_file_state *state);

/* The start of a file, checked and in the byte order of the CPU. */
struct rrlog_file_start {
	struct rrlog_file_header header;
	struct rrlog_file_state state;
	uint32_t chain; /* that the first frame must extend */
};

/**
 * Read and check the start of @member.  @magic: of the kind of file that is
 * expected; @name: of the file, for @error.  -EBADMSG damaged, -EPROTONOSUPPORT
 * of a later version or with an unknown feature.
 */
int rrlog_read_start(const struct rrlog_member *member, const char *magic,
		     const char *name, struct rrlog_file_start *start,
		     struct rrlog_error *error);

#endif
