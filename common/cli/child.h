/*
 * A child process that gets our signals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CHILD_H
#define RR_CHILD_H

#include <glib.h>
#include <stdbool.h>

/**
 * Run @argv (NULL-terminated; argv[0] is a path) and wait for its end.
 * SIGINT, SIGTERM and SIGHUP are passed on to it: as @forward, or as what they
 * are if @forward is 0.  If we are killed, the child gets SIGTERM.
 * @own_group: the child is in a new process group, so that Ctrl-C
 * reaches it through us only.
 * *@signalled, unless NULL: whether a signal was passed on.
 * Returns the exit status, 128 + the number of the signal that killed the
 * child, or -1 and @error.  One child at a time, one thread.
 */
int rr_child_run(char *const *argv, bool own_group, int forward,
		 bool *signalled, GError **error);

#endif
