/*
 * A program that is made of commands; see commands.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/commands.h"

#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/cli/output.h"
#include "common/cli/version.h"

static int print_help(const struct rr_program *program)
{
	const struct rr_command *c;

	printf("Usage: %s COMMAND [OPTION...]\n\n%s\n\nCommands:\n",
	       program->name, program->summary);
	for (c = program->commands; c->name; c++)
		printf("  %-12s %s\n", c->name, c->summary);
	printf("\n"
	       "  --help       print this text; after a command: its options\n"
	       "  --version    print the version\n\n"
	       "Exit status: %s\nThe manual page is %s(1).\n",
	       program->exit_statuses, program->name);
	return rr_output_finish();
}

static int print_version(const struct rr_program *program)
{
	printf("%s %s%s%s\n", program->name, RR_VERSION,
	       program->version_note ? ", " : "",
	       program->version_note ? program->version_note : "");
	return rr_output_finish();
}

static int run_command(const struct rr_program *program, int argc, char **argv)
{
	g_autofree char *name = NULL;
	const struct rr_command *c;

	for (c = program->commands; c->name; c++)
		if (!strcmp(argv[0], c->name))
			break;
	if (!c->name)
		return rr_fail_usage("there is no command '%s'", argv[0]);
	name = g_strdup_printf("%s %s", program->name, c->name);
	/* GLib takes the name in the help of a command from here. */
	g_set_prgname(name);
	argv[0] = name;
	return c->run(argc, argv);
}

/* "help" and "help COMMAND" */
static int help(const struct rr_program *program, int argc, char **argv)
{
	char *asked[] = { argc > 2 ? argv[2] : NULL, (char *)"--help", NULL };

	return argc > 2 ? run_command(program, 2, asked) : print_help(program);
}

int rr_commands_main(const struct rr_program *program, int argc, char **argv)
{
	setlocale(LC_ALL, "");
	g_set_application_name(program->name);
	g_set_prgname(program->name);
	if (argc < 2)
		return rr_fail_usage("a command is missing");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help(program);
	if (!strcmp(argv[1], "help"))
		return help(program, argc, argv);
	if (!strcmp(argv[1], "--version"))
		return print_version(program);
	return run_command(program, argc - 1, argv + 1);
}
