/*
 * Files of a trace: creation, whole reads and writes, headers and states.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FILE_H
#define RRLOG_FILE_H

#include <limits.h>

#include "common/logfmt/file/format.h"

/* The name of a file of a trace, as in error texts. */
#define RRLOG_NAME_BYTES (PATH_MAX + 16)

/* Text of the first error, "NAME.rrt/events: offset 128: ...". */
struct rrlog_error {
	char text[RRLOG_NAME_BYTES + 256];
};

/** Set the text unless there is one already; returns @err. */
int rrlog_fail(struct rrlog_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** CRC32C. */
uint32_t rrlog_checksum(const void *data, size_t bytes);
/** CRC32C of what @before is that of, followed by @data. */
uint32_t rrlog_checksum_continue(uint32_t before, const void *data,
				 size_t bytes);

/** Make the folder, 0700 whatever the umask; returns its descriptor. */
int rrlog_create_dir(const char *path);
/** Make a file in it, 0600 whatever the umask; returns its descriptor. */
int rrlog_create_file(int dir_fd, const char *name);
/** Open a file for reading; it must be a regular one. */
int rrlog_open_file(int dir_fd, const char *name, uint64_t *file_bytes);

int rrlog_write_all(int fd, const void *data, size_t bytes, uint64_t offset);
/** Fewer bytes than asked for (a file that shrank) are -EBADMSG. */
int rrlog_read_all(int fd, void *data, size_t bytes, uint64_t offset);

/** Write header (with @h's magic .. manifest_checksum) and an open state. */
int rrlog_write_header(int fd, struct rrlog_file_header *h, uint32_t *chain);
int rrlog_write_state(int fd, const struct rrlog_file_state *state);

/** What the two blocks at the start of a file say, checked. */
struct rrlog_file_start {
	struct rrlog_file_header header;
	struct rrlog_file_state state;
	uint32_t chain; /* that the first frame must have */
};

struct rrlog_member;

/** @name: the file's, for @error. */
int rrlog_read_start(const struct rrlog_member *member, const char *magic,
		     const char *name, struct rrlog_file_start *start,
		     struct rrlog_error *error);

#endif
