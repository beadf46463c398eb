/*
 * Runs a function in a child, with its stdout and stderr kept.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_CAPTURE_UTIL_H
#define TESTS_CAPTURE_UTIL_H

#include <glib.h>

struct capture {
	int status; /* exit status; -1: killed */
	char *out, *err; /* to be freed with capture_clear() */
};

/** Run @function(@opaque), whose result is the exit status. */
struct capture capture(int (*function)(void *opaque), void *opaque);
void capture_clear(struct capture *c);

#endif
