/*
 * rr-kvm start: begin to record a machine of "rr-kvm run".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "kvm-record/commands.h"
#include "kvm-record/control.h"
#include "kvm-record/record-check.h"

static bool start(const char *machine, const char *trace, bool force,
		  GError **error)
{
	g_autofree char *path = g_canonicalize_filename(trace, NULL);
	struct control *c = control_open(machine, error);
	bool ok;

	if (!c)
		return false;
	ok = record_check_output(trace, force, error) &&
	     record_remove_trace(trace, error) &&
	     control_set_trace(c, path, error);
	control_close(c);
	return ok;
}

int cmd_start(int argc, char **argv)
{
	char *trace = NULL;
	gboolean force = FALSE;
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &trace,
		  "The trace to make (TRACE)", "OTHER" },
		{ "force", 'f', 0, G_OPTION_ARG_NONE, &force,
		  "Replace a trace that exists", NULL },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "TRACE",
		.argument_count = 1,
		.description = "Begins to record the machine of rr-kvm run -o "
			       "TRACE, from where it is now.  The guest waits\n"
			       "until its memory is written.",
	};
	GError *error = NULL;
	int status = RR_EXIT_FAILURE;

	if (rr_options_parse(&options, &argc, &argv))
		status =
			start(argv[1], trace ? trace : argv[1], force, &error) ?
				RR_EXIT_OK :
				rr_fail_error(error);
	g_free(trace);
	return status;
}
