/*
 * QEMU as the replayer: its command line, and becoming it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TCG_RUN_H
#define RR_TCG_RUN_H

#include <glib.h>
#include <stdbool.h>

/* What to replay, and how. */
struct rr_run {
	const char *trace;
	bool console; /* print the guest's serial port on stdout */
	bool progress; /* on stderr */
	const char *silicon; /* family of processors, or NULL: the trace's */
	const char *sandbox; /* "on", "off", or NULL: on if QEMU has it */
	unsigned int patience_s; /* with a guest that is stuck; 0: no end */
	/* Wait there for gdb: "[HOST]:PORT" or a socket's path; NULL: do not. */
	const char *gdb;
	unsigned int checkpoint_mib; /* for gdb to go back; 0: it cannot */
	const char *screen; /* PNG file to save the guest's screen in, or NULL */
	bool trust_images; /* read them where the trace says */
	char *const *plugins; /* "NAME[,ARG=...]", NULL-terminated, or NULL */
	char *const *images; /* "ID=PATH" or "DIR", likewise */
	char *const *qemu_args; /* more arguments of QEMU, likewise */
};

/**
 * The command line of QEMU for @run, NULL-terminated.  Free it with
 * g_ptr_array_unref().  NULL and @error where QEMU or a plugin is not found.
 */
GPtrArray *rr_run_command(const struct rr_run *run, GError **error);

/**
 * Become QEMU.  Returns only on failure, with an exit status after a message.
 */
int rr_run_exec(const GPtrArray *command);

#endif
