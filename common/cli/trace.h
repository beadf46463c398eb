/*
 * A trace that a command reads: opening it, and its errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TRACE_H
#define RR_TRACE_H

#include "common/cli/exit-status.h"
#include "common/logfmt/rrlog.h"

/**
 * Open the trace at @path.  Returns NULL after a message, and the exit status
 * in *@status, where it cannot be read.
 */
struct rrlog_reader *rr_trace_open(const char *path, int *status);

/** Print the error of @r; returns the exit status for @err, its -errno. */
int rr_trace_fail(const struct rrlog_reader *r, int err);

/** The same with this text; if it is empty, with the text of -@err. */
int rr_trace_fail_text(const char *text, int err);

/** The exit status for @err, which librrlog returned: 0 or -errno. */
enum rr_exit rr_trace_status(int err);

#endif
