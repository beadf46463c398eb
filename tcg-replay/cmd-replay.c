/*
 * rr-tcg replay: replay a trace to its end and verify it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/trace.h"
#include "common/logfmt/rrlog.h"
#include "common/silicon/silicon.h"
#include "tcg-replay/commands.h"
#include "tcg-replay/run.h"

#define SHOWN_BYTES 400 /* longer manifest entries are not printed */

struct replay_options {
	char *trace, *silicon, *sandbox, *screen, *gdb;
	gboolean console, verbose, trust_images;
	gint patience_s, checkpoint_mib;
	char **plugins, **images, **qemu_args;
};

static bool parse(int argc, char **argv, struct replay_options *o)
{
	const GOptionEntry entries[] = {
		{ "trace", 't', 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "The trace to replay", "TRACE" },
		{ "console", 'c', 0, G_OPTION_ARG_NONE, &o->console,
		  "Print what the guest printed on serial and debug ports",
		  NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
		  "Print the manifest and, on a terminal, the progress", NULL },
		{ "plugin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->plugins,
		  "Load a TCG plugin; may be repeated", "LIB.so[,ARG=...]" },
		{ "image", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->images,
		  "Read disk image ID of the trace from PATH, or look for images "
		  "in DIR; may be repeated",
		  "ID=PATH|DIR" },
		{ "trust-images", 0, 0, G_OPTION_ARG_NONE, &o->trust_images,
		  "Read images where the trace says, not only beside it",
		  NULL },
		{ "silicon", 0, 0, G_OPTION_ARG_STRING, &o->silicon,
		  "Give the undefined results of this family of processors, "
		  "not of the recording one",
		  "NAME" },
		{ "patience", 0, 0, G_OPTION_ARG_INT, &o->patience_s,
		  "End the replay when the guest is stuck for so many seconds "
		  "(30; 0: never)",
		  "SECONDS" },
		{ "sandbox", 0, 0, G_OPTION_ARG_STRING, &o->sandbox,
		  "Keep QEMU from files, programs and network once the replay "
		  "starts",
		  "on|off" },
		{ "screen", 0, 0, G_OPTION_ARG_FILENAME, &o->screen,
		  "Save the guest's screen at the end of the replay",
		  "FILE.png" },
		{ "gdb", 0, 0, G_OPTION_ARG_STRING, &o->gdb,
		  "Wait for gdb there before the first instruction",
		  "[HOST]:PORT|PATH" },
		{ "checkpoint-memory", 0, 0, G_OPTION_ARG_INT,
		  &o->checkpoint_mib,
		  "With --gdb: memory for going back (512; 0: no going back)",
		  "MIB" },
		{ "qemu-arg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->qemu_args,
		  "Pass an argument to QEMU; may be repeated", "ARG" },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.argument_count = RR_ANY_COUNT,
		.description =
			"Exit status: 0 the replay equals the recording, 1 "
			"wrong use or failure,\n3 the replay diverged, 4 the "
			"trace is damaged.",
	};

	if (!rr_options_parse(&options, &argc, &argv))
		return false;
	if (!o->trace && argc == 2)
		o->trace = g_strdup(argv[1]);
	else if (argc > 1) {
		rr_fail_usage("unexpected argument '%s'", argv[1]);
		return false;
	}
	if (o->silicon && !silicon_family(o->silicon)) {
		rr_fail_usage("%s", silicon_refusal(o->silicon));
		return false;
	}
	if (o->sandbox && strcmp(o->sandbox, "on") &&
	    strcmp(o->sandbox, "off")) {
		rr_fail_usage("--sandbox takes on or off");
		return false;
	}
	if (o->patience_s < 0) {
		rr_fail_usage("--patience takes a number of seconds");
		return false;
	}
	if (o->checkpoint_mib < 0) {
		rr_fail_usage("--checkpoint-memory takes a number of MiB");
		return false;
	}
	if (o->gdb && !strpbrk(o->gdb, ":/")) {
		rr_fail_usage("--gdb takes [HOST]:PORT or the path of a "
			      "socket, with a /");
		return false;
	}
	if (o->screen && !g_str_has_suffix(o->screen, ".png")) {
		rr_fail_usage("--screen takes the name of a file that ends "
			      "with .png");
		return false;
	}
	if (!o->trace || !*o->trace) {
		rr_fail_usage("--trace TRACE is missing");
		return false;
	}
	return true;
}

static void print_manifest(struct rrlog_reader *r)
{
	size_t i;

	for (i = 0; i < rrlog_reader_manifest_count(r); i++) {
		const char *key = rrlog_reader_manifest_key(r, i);
		const char *value = rrlog_reader_manifest(r, key);

		if (value && strlen(value) <= SHOWN_BYTES)
			rr_message("%s: %s", key, value);
	}
	if (!rrlog_reader_is_complete(r))
		rr_message("the trace was cut off: replaying it up to its "
			   "last whole record");
}

/* QEMU opens the trace again, but its errors are less plain. */
static int check_trace(const struct replay_options *o)
{
	int status;
	struct rrlog_reader *r = rr_trace_open(o->trace, &status);

	if (r && o->verbose)
		print_manifest(r);
	rrlog_reader_close(r);
	return status;
}

static int replay(const struct replay_options *o)
{
	const struct rr_run run = {
		.trace = o->trace,
		.console = o->console,
		.progress = o->verbose && isatty(STDERR_FILENO),
		.silicon = o->silicon,
		.sandbox = o->sandbox,
		.screen = o->screen,
		.gdb = o->gdb,
		.trust_images = o->trust_images,
		.patience_s = (unsigned int)o->patience_s,
		.checkpoint_mib = (unsigned int)o->checkpoint_mib,
		.plugins = o->plugins,
		.images = o->images,
		.qemu_args = o->qemu_args,
	};
	GError *error = NULL;
	g_autoptr(GPtrArray) command = rr_run_command(&run, &error);
	int status;

	if (!command)
		return rr_fail_error(error);
	status = check_trace(o);
	if (status)
		return status;
	if (o->gdb)
		rr_message("the guest waits for gdb: target remote %s", o->gdb);
	return rr_run_exec(command);
}

int cmd_replay(int argc, char **argv)
{
	struct replay_options o = { .patience_s = 30, .checkpoint_mib = 512 };
	int status = RR_EXIT_FAILURE;

	if (parse(argc, argv, &o))
		status = replay(&o);
	g_free(o.trace);
	g_free(o.silicon);
	g_free(o.sandbox);
	g_free(o.screen);
	g_free(o.gdb);
	g_strfreev(o.plugins);
	g_strfreev(o.images);
	g_strfreev(o.qemu_args);
	return status;
}
