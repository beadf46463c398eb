/*
 * What is looked at before a recording; see record-check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/record-check.h"

#include <errno.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/logfmt/rrlog.h"
#include "kvm-record/host/check.h"

bool record_check_host(const char *instead, GError **error)
{
	struct host_check_result r[HOST_CHECK_MAX];
	int i, n = host_check_run(HOST_CHECK_TRIES_FAST, r);

	for (i = 0; i < n; i++)
		if (r[i].status == HOST_CHECK_FAIL)
			rr_message("%s: %s", r[i].name, r[i].reason);
		else if (r[i].status == HOST_CHECK_WARN)
			rr_message("warning: %s: %s", r[i].name, r[i].reason);
	if (host_check_passed(r, n))
		return true;
	rr_set_error(error,
		     "this host cannot record (rr-kvm check-host prints the "
		     "remedies); %s records in an emulated host",
		     instead);
	return false;
}

static bool exists(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK);
}

bool record_check_output(const char *trace, bool force, GError **error)
{
	g_autofree char *absolute = g_canonicalize_filename(trace, NULL);
	g_autofree char *parent = g_path_get_dirname(absolute);

	if (access(parent, W_OK | X_OK)) {
		rr_set_error(error, "cannot write to %s: %s", parent,
			     g_strerror(errno));
		return false;
	}
	if (force || !exists(trace))
		return true;
	rr_set_error(error, "%s exists (--force replaces a trace)", trace);
	return false;
}

bool record_remove_trace(const char *trace, GError **error)
{
	int err = exists(trace) ? rrlog_trace_remove(trace) : 0;

	if (!err)
		return true;
	if (err == -EINVAL)
		rr_set_error(error, "%s is not a trace: not replaced", trace);
	else
		rr_set_error(error, "cannot replace %s: %s", trace,
			     g_strerror(-err));
	return false;
}
