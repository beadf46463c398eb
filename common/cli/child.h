/*
 * A child process that gets our signals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CHILD_H
#define RR_CHILD_H

#include <glib.h>
#include <stdbool.h>

struct rr_child_options {
	/* A new process group, so that Ctrl-C reaches it through us only. */
	bool own_group;
	/* The signal to pass on; 0: that which came. */
	int forward;
	/* Written to stderr when the first signal is passed on; or NULL. */
	const char *notice;
};

/* Signals that come this soon after the first one are the same wish. */
#define RR_CHILD_REPEAT_SECONDS 3

/**
 * Run @argv (NULL-terminated; argv[0] is a path) and wait for its end.
 * SIGINT, SIGTERM and SIGHUP are passed on to it, but not those that follow the
 * first within RR_CHILD_REPEAT_SECONDS: timeout(1), for one, sends two.  If we
 * are killed, the child gets SIGTERM.
 * *@signalled, unless NULL: whether a signal was passed on.
 * Returns the exit status, 128 + the number of the signal that killed the
 * child, or -1 and @error.  One child at a time, one thread.
 */
int rr_child_run(char *const *argv, const struct rr_child_options *options,
		 bool *signalled, GError **error);

#endif
