/*
 * A trace that a command reads; see trace.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/trace.h"

#include <errno.h>

#include "common/cli/message.h"

#define NOT_A_TRACE ": not a trace" /* librrlog's words */

enum rr_exit rr_trace_status(int err)
{
	if (err == -EBADMSG)
		return RR_EXIT_DAMAGED;
	return err < 0 ? RR_EXIT_FAILURE : RR_EXIT_OK;
}

int rr_trace_fail_text(const char *text, int err)
{
	rr_message(
		"%s%s", text[0] ? text : g_strerror(-err),
		g_str_has_suffix(text, NOT_A_TRACE) ?
			": neither a directory that rr-kvm recorded nor a file "
			"that rr-log pack made" :
			"");
	return rr_trace_status(err);
}

int rr_trace_fail(const struct rrlog_reader *r, int err)
{
	return rr_trace_fail_text(r ? rrlog_reader_error(r) : "", err);
}

struct rrlog_reader *rr_trace_open(const char *path, int *status)
{
	struct rrlog_reader *r = NULL;
	int err = rrlog_reader_open(path, &r);

	*status = RR_EXIT_OK;
	if (!err)
		return r;
	*status = rr_trace_fail(r, err);
	rrlog_reader_close(r);
	return NULL;
}
