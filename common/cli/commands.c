/*
 * Commands, options and messages of the command-line programs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/commands.h"

static const char *tool_name = "rr";

G_DEFINE_QUARK(rr - tool - error, rr_tool_error)

void rr_tool_set_error(GError **error, const char *fmt, ...)
{
	va_list ap;

	if (!error)
		return;
	va_start(ap, fmt);
	*error = g_error_new_valist(rr_tool_error_quark(), 0, fmt, ap);
	va_end(ap);
}

static void say(const char *fmt, va_list ap)
{
	g_autofree char *text = g_strdup_vprintf(fmt, ap);

	fflush(stdout);
	fprintf(stderr, "%s: %s\n", tool_name, text);
}

void rr_tool_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

int rr_tool_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	return RR_EXIT_FAILURE;
}

int rr_tool_fail_error(GError *error)
{
	rr_tool_say("%s", error->message);
	g_error_free(error);
	return RR_EXIT_FAILURE;
}

bool rr_tool_parse(int *argc, char ***argv, const char *arguments,
		   const char *description, const GOptionEntry *entries)
{
	g_autoptr(GOptionContext) context = g_option_context_new(arguments);
	GError *error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_description(context, description);
	if (g_option_context_parse(context, argc, argv, &error))
		return true;
	rr_tool_say("%s (try --help)", error->message);
	g_error_free(error);
	return false;
}

static void print_help(const char *program, const char *summary,
		       const struct rr_command *commands)
{
	const struct rr_command *c;

	printf("Usage: %s COMMAND [OPTION...]\n\n%s\n\nCommands:\n", program,
	       summary);
	for (c = commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->summary);
	printf("\n  --help       this text; after a command, its options\n"
	       "  --version    the version\n\n"
	       "The manual page %s(1) has the rest.\n",
	       program);
}

static int run_command(const char *program, const struct rr_command *c,
		       int argc, char **argv)
{
	g_autofree char *name = g_strdup_printf("%s %s", program, c->name);

	g_set_prgname(name);
	argv[0] = name;
	return c->run(argc, argv);
}

int rr_tool_main(const char *program, const char *summary,
		 const struct rr_command *commands, int argc, char **argv)
{
	const struct rr_command *c;

	tool_name = program;
	if (argc < 2) {
		rr_tool_say("a command is missing (try --help)");
		return RR_EXIT_FAILURE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		print_help(program, summary, commands);
		return RR_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("%s %s\n", program, RR_VERSION);
		return RR_EXIT_OK;
	}
	for (c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return run_command(program, c, argc - 1, argv + 1);
	return rr_tool_fail("no command '%s' (try --help)", argv[1]);
}
