/*
 * A child process that gets our SIGINT and SIGTERM.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CHILD_H
#define RR_CHILD_H

#include <glib.h>
#include <stdbool.h>

/**
 * Run @argv to its end.  SIGINT and SIGTERM are passed on to it, as
 * @forward if that is not 0.
 * @own_group: the terminal's Ctrl-C does not reach it (but through us).
 * Returns its exit status, 128 + the signal that killed it, or -1 and @error;
 * *@signalled: a signal was passed on.
 */
int rr_child_run(char *const *argv, bool own_group, int forward,
		 bool *signalled, GError **error);

#endif
