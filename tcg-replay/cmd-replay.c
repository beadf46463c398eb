/*
 * rr-tcg replay
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tcg-replay/commands.h"
#include "common/logfmt/rrlog.h"
#include "common/cli/summary.h"
#include "common/cli/commands.h"

struct replay_options {
	char *trace;
	gboolean console, verbose;
	char **plugins, **images, **qemu_args;
};

static const char description[] =
	"Exit status: 0 the replay was the same as the recording, 1 wrong use\n"
	"or failure, 3 it diverged, 4 the trace is damaged.";

static bool parse(int argc, char **argv, struct replay_options *o)
{
	const GOptionEntry entries[] = {
		{ "trace", 't', 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "the trace to replay", "TRACE" },
		{ "console", 'c', 0, G_OPTION_ARG_NONE, &o->console,
		  "print what the guest printed on its serial port", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
		  "say what is replayed; progress on a terminal", NULL },
		{ "plugin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->plugins,
		  "load a TCG plugin; again for more", "LIB.so[,ARG=...]" },
		{ "image", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->images,
		  "disk image ID of the trace is at PATH; again for more",
		  "ID=PATH" },
		{ "qemu-arg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->qemu_args,
		  "one more argument for QEMU; again for more", "ARG" },
		G_OPTION_ENTRY_NULL
	};

	if (!rr_tool_parse(&argc, &argv, NULL, description, entries))
		return false;
	if (!o->trace && argc == 2)
		o->trace = g_strdup(argv[1]);
	else if (argc > 1) {
		rr_tool_say("unexpected argument '%s' (try --help)", argv[1]);
		return false;
	}
	if (!o->trace || !*o->trace) {
		rr_tool_say("--trace TRACE is missing (try --help)");
		return false;
	}
	return true;
}

static void say_manifest(struct rrlog_reader *r)
{
	size_t i;

	for (i = 0; i < rrlog_reader_manifest_count(r); i++) {
		const char *key = rrlog_reader_manifest_key(r, i);
		const char *value = rrlog_reader_manifest(r, key);

		if (value && strlen(value) <= 400)
			rr_tool_say("%s: %s", key, value);
	}
	if (!rrlog_reader_is_complete(r))
		rr_tool_say("the trace was cut off: replaying up to its last "
			    "whole record");
}

/* QEMU opens it again; this one is for a clear word to the user. */
static int check_trace(const struct replay_options *o)
{
	struct rrlog_reader *r = NULL;
	int ret = rrlog_reader_open(o->trace, &r);

	if (ret)
		rr_tool_say("%s", r ? rrlog_reader_error(r) : g_strerror(-ret));
	else if (o->verbose)
		say_manifest(r);
	rrlog_reader_close(r);
	return rr_summary_status(ret);
}

/* As given, or a bare name in the build's folder of plugins. */
static char *find_plugin(const char *file, GError **error)
{
	g_autofree char *relative = NULL;
	char *path;

	if (g_file_test(file, G_FILE_TEST_IS_REGULAR))
		return g_canonicalize_filename(file, NULL);
	if (!strchr(file, '/')) {
		const char *suffix = g_str_has_suffix(file, ".so") ? "" : ".so";

		relative = g_strconcat("../lib/plugins/", file, suffix, NULL);
		path = rr_tool_find(NULL, relative, NULL);
		if (path)
			return path;
		g_free(relative);
		relative =
			g_strconcat("../lib/plugins/lib", file, suffix, NULL);
		path = rr_tool_find(NULL, relative, NULL);
		if (path)
			return path;
	}
	rr_tool_set_error(error, "no plugin %s", file);
	return NULL;
}

static bool add_plugin(GPtrArray *argv, const char *text, GError **error)
{
	const char *comma = strchr(text, ',');
	g_autofree char *file = comma ? g_strndup(text, (gsize)(comma - text)) :
					g_strdup(text);
	g_autofree char *path = find_plugin(file, error);

	if (!path)
		return false;
	g_ptr_array_add(argv, g_strdup("-plugin"));
	g_ptr_array_add(argv, g_strconcat(path, comma, NULL));
	return true;
}

static char *machine(const struct replay_options *o)
{
	g_auto(GStrv) parts = g_strsplit(o->trace, ",", -1);
	g_autofree char *escaped = g_strjoinv(",,", parts);
	g_autofree char *images = o->images ? g_strjoinv("\n", o->images) :
					      g_strdup("");
	g_auto(GStrv) image_parts = g_strsplit(images, ",", -1);
	g_autofree char *images_escaped = g_strjoinv(",,", image_parts);
	bool progress = o->verbose && isatty(STDERR_FILENO);

	return g_strconcat("rr-replay,trace=", escaped,
			   o->console ? ",console=on" : "",
			   progress ? ",progress=on" : "",
			   o->images ? ",images=" : "", images_escaped, NULL);
}

static GPtrArray *command(const struct replay_options *o, GError **error)
{
	static const char *const fixed[] = {
		"-accel",  "tcg",	  "-display",
		"none",	   "-nodefaults", "-no-user-config",
		"-serial", "none",	  "-monitor",
		"none",	   "-machine",
	};
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	char *qemu = rr_tool_find_qemu(error), **p;
	size_t i;

	if (!qemu)
		return NULL;
	g_ptr_array_add(argv, qemu);
	for (i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	g_ptr_array_add(argv, machine(o));
	for (p = o->plugins; p && *p; p++)
		if (!add_plugin(argv, *p, error))
			return NULL;
	for (p = o->qemu_args; p && *p; p++)
		g_ptr_array_add(argv, g_strdup(*p));
	g_ptr_array_add(argv, NULL);
	return g_steal_pointer(&argv);
}

int cmd_replay(int argc, char **argv)
{
	struct replay_options o = { 0 };
	GError *error = NULL;
	GPtrArray *qemu;
	int status;

	if (!parse(argc, argv, &o))
		return RR_EXIT_FAILURE;
	qemu = command(&o, &error);
	if (!qemu)
		return rr_tool_fail_error(error);
	status = check_trace(&o);
	if (status)
		return status;
	fflush(NULL);
	execv(qemu->pdata[0], (char **)qemu->pdata);
	return rr_tool_fail("cannot run %s: %s", (char *)qemu->pdata[0],
			    g_strerror(errno));
}
