/*
 * The recordings in progress, where "rr-kvm stop" finds them.
 *
 * A file in the user's runtime directory is named after the trace, and holds
 * the process id of the recorder.  The recorder keeps it locked; if there is no
 * lock, the recorder has been killed.
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

/** The process id of the recorder of @trace, or 0. */
pid_t session_find(const char *trace);

#endif
