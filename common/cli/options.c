/*
 * The options and arguments of a command; see options.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/options.h"

#include <string.h>

#include "common/cli/message.h"

static void remove_separator(int *argc, char **argv)
{
	/* GLib leaves it in place. */
	if (*argc > 1 && !strcmp(argv[1], "--")) {
		memmove(argv + 1, argv + 2,
			sizeof(*argv) * (size_t)(*argc - 1));
		--*argc;
	}
}

static bool check_count(const struct rr_options *options, int argc, char **argv)
{
	if (options->argument_count == RR_ANY_COUNT ||
	    argc == options->argument_count + 1)
		return true;
	if (!options->argument_count)
		rr_fail_usage("unexpected argument '%s'", argv[1]);
	else
		rr_fail_usage("expected %s", options->arguments);
	return false;
}

bool rr_options_parse(const struct rr_options *options, int *argc, char ***argv)
{
	g_autoptr(GOptionContext)
		context = g_option_context_new(options->arguments);
	GOptionGroup *group =
		g_option_group_new("main", "", "", options->opaque, NULL);
	g_autoptr(GError) error = NULL;

	if (options->entries)
		g_option_group_add_entries(group, options->entries);
	g_option_context_set_main_group(context, group);
	g_option_context_set_summary(context, options->summary);
	g_option_context_set_description(context, options->description);
	if (!g_option_context_parse(context, argc, argv, &error)) {
		rr_fail_usage("%s", error->message);
		return false;
	}
	remove_separator(argc, *argv);
	return check_count(options, *argc, *argv);
}
