/*
 * Messages and errors of the command-line programs.
 *
 * Functions that can fail take a GError ** as their last parameter, return
 * false, NULL or -1 on failure, and print nothing.  A command prints the error
 * once, as one line on stderr: "PROGRAM: reason".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_MESSAGE_H
#define RR_MESSAGE_H

#include <glib.h>

#include "common/cli/exit-status.h"

/** Print "PROGRAM: text" on stderr, after what stdout still holds. */
void rr_message(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/** Print the same; returns RR_EXIT_FAILURE, for "return rr_fail(...)". */
int rr_fail(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/** Print the text of @error and free it; returns RR_EXIT_FAILURE. */
int rr_fail_error(GError *error);

/**
 * Print "PROGRAM: text; see PROGRAM COMMAND --help": the user called the
 * program wrongly.  Returns RR_EXIT_FAILURE.
 */
int rr_fail_usage(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/** The domain of all errors that rr_set_error() makes; their code is 0. */
GQuark rr_error_quark(void);

/** Set *@error, if @error is not NULL, to an error with this text. */
void rr_set_error(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/** rr_set_error() with "what: text of errno value @number". */
void rr_set_error_errno(GError **error, int number, const char *what);

#endif
