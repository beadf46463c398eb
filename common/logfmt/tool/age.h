/*
 * What pack and unpack share: the program age, and progress.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_AGE_H
#define RRLOG_AGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define COPY_BYTES (1u << 20)

/* A running age; ->pid is 0 if there is none. */
struct age {
	GPid pid;
};

/**
 * Start age with @argv.  It reads from @in_fd, or (if that is -1) from a pipe
 * whose other end is *pipe_fd; it writes to @out_fd, or likewise.
 */
bool age_start(struct age *age, char **argv, int in_fd, int out_fd,
	       int *pipe_fd);
/** Wait for its end; false if it failed.  It told why on stderr. */
bool age_finish(struct age *age);

/** Tell on a terminal how far we are. */
void tell_progress(uint64_t done_bytes, uint64_t total_bytes);
/** Wipe that. */
void end_progress(void);

#endif
