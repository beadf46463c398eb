/*
 * The recordings in progress, where "rr-kvm stop" finds them.
 *
 * A file beside the trace, .NAME.recording, holds the process id of the
 * recorder, which keeps it locked.  It is beside the trace and not in it, for
 * the recorder makes the trace's directory, in the lab as late as at the end.
 * Without a lock the recorder has been killed, and its file means nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SESSION_H
#define RR_SESSION_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct session;

/**
 * Register this process as the recorder of @trace.  NULL and @error on failure.
 */
struct session *session_begin(const char *trace, GError **error);

/** Unregister it; @s may be NULL. */
void session_end(struct session *s);

struct session_state {
	pid_t pid; /* of the recorder; 0 if it is not known yet */
	bool stopping; /* somebody has told it to stop */
};

/**
 * Whether @trace is being recorded now; @state tells how.  A lock that only
 * children of the recorder still have counts too: @state->pid is gone then.
 */
bool session_find(const char *trace, struct session_state *state);

/** Note in the file of @trace that its recorder was told to stop. */
void session_mark_stopping(const char *trace);

#endif
