/*
 * Recordings in progress, so that "rr-kvm stop" finds them.
 *
 * A file in the user's runtime folder, named after the trace, holds the
 * recorder's process id and is locked as long as it lives: a stale one has no
 * lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SESSION_H
#define RR_SESSION_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct session;

/** Register this process as the recorder of @trace. NULL: see @error. */
struct session *session_begin(const char *trace, GError **error);
void session_end(struct session *s);

/** The recorder of @trace; 0 if there is none. */
pid_t session_find(const char *trace);

#endif
