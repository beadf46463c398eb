/*
 * The program age, which encrypts and decrypts packed traces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_AGE_H
#define RRLOG_AGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define COPY_BYTES (1u << 20) /* that pack and unpack move at once */

/* A running age; ->pid is 0 if there is none. */
struct age {
	GPid pid;
};

/**
 * Start age with @argv.  It reads from @in_fd, or if that is -1 from a pipe
 * whose other end becomes *@pipe_fd.  It writes to @out_fd, or likewise.
 * Returns false after a message on failure.
 */
bool age_start(struct age *age, char **argv, int in_fd, int out_fd,
	       int *pipe_fd);

/** Wait for its end.  Returns false after a message if it failed. */
bool age_finish(struct age *age);

#endif
