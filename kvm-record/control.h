/*
 * A machine of "rr-kvm run", as the commands start, stop and status reach it.
 *
 * It is named by the trace of "rr-kvm run -o TRACE".  Its QEMU listens on the
 * socket .NAME.control beside the trace, in QMP; the object /rr-recorder
 * (kvm-record/qemu/control.c) does the work.
 *
 * Functions return false, or NULL, and set @error on failure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CONTROL_H
#define RR_CONTROL_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/flight-option.h"

struct control;

/**
 * The socket of the machine that @trace names; g_free() it.  Sockets have short
 * paths: one that is too long is an error.
 */
char *control_path(const char *trace, GError **error);

/** Is @trace that of a machine of "rr-kvm run"? */
bool control_exists(const char *trace);

/** Connect to it. */
struct control *control_open(const char *trace, GError **error);

/** @c may be NULL. */
void control_close(struct control *c);

/**
 * Begin to record into the new trace @path, which is absolute; or end the
 * recording, with @path "".  Returns once that is done.
 */
bool control_set_trace(struct control *c, const char *path, GError **error);

/** Make the next recording a flight, or not (a window of 0). */
bool control_set_flight(struct control *c, const struct flight_option *flight,
			GError **error);

/** What the machine says of itself. */
struct control_status {
	char *life; /* off, recording, ended, failed */
	char *trace; /* that is being recorded; "" */
	char *guest; /* QEMU's state of the machine: running, paused ... */
	/* Of a flight; 0 segments: there is none. */
	gint64 segments; /* on the disk */
	gint64 bytes; /* of them */
	gint64 covered_ms; /* since the oldest began */
	gint64 pause_ms; /* the guest waited so long for the newest */
	char *error; /* the last one; "" */
};

/** Fill @status; clear it with control_status_clear(). */
bool control_get_status(struct control *c, struct control_status *status,
			GError **error);

void control_status_clear(struct control_status *status);

#endif
