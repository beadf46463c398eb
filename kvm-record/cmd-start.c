/*
 * rr-kvm start: begin to record a machine of "rr-kvm run".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "kvm-record/commands.h"
#include "kvm-record/control.h"
#include "kvm-record/flight-option.h"
#include "kvm-record/record-check.h"

struct options {
	char *trace;
	gboolean force;
	char *flight_text;
	struct flight_option flight;
};

static bool start(const char *machine, const struct options *o, GError **error)
{
	const char *trace = o->trace ? o->trace : machine;
	g_autofree char *path = g_canonicalize_filename(trace, NULL);
	struct control *c = control_open(machine, error);
	bool ok;

	if (!c)
		return false;
	ok = record_check_output(trace, o->force, error) &&
	     record_remove_trace(trace, error) &&
	     control_set_flight(c, &o->flight, error) &&
	     control_set_trace(c, path, error);
	control_close(c);
	return ok;
}

static bool check_options(struct options *o, GError **error)
{
	return !o->flight_text ||
	       flight_option_parse(o->flight_text, &o->flight, error);
}

int cmd_start(int argc, char **argv)
{
	struct options o = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.trace,
		  "The trace to make (TRACE)", "OTHER" },
		{ "force", 'f', 0, G_OPTION_ARG_NONE, &o.force,
		  "Replace a trace that exists", NULL },
		{ "flight", 0, 0, G_OPTION_ARG_STRING, &o.flight_text,
		  "Keep the last minutes alone, in a directory of traces",
		  "TIME[,SIZE]" },
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

	if (rr_options_parse(&options, &argc, &argv)) {
		if (!check_options(&o, &error))
			rr_fail_usage("%s", error->message);
		else if (start(argv[1], &o, &error))
			status = RR_EXIT_OK;
		else
			status = rr_fail_error(g_steal_pointer(&error));
	}
	g_clear_error(&error);
	g_free(o.trace);
	g_free(o.flight_text);
	return status;
}
