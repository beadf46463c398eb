/*
 * Programs made of commands: help, version, wrong use, options, arguments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "common/cli/commands.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/version.h"
#include "tests/tap.h"
#include "tests/unit/cli/capture-util.h"

/* Prints its options and arguments. */
static int cmd_show(int argc, char **argv)
{
	gint number = 0;
	const GOptionEntry entries[] = { { "number", 'n', 0, G_OPTION_ARG_INT,
					   &number, "A number", "N" },
					 G_OPTION_ENTRY_NULL };
	const struct rr_options options = {
		.entries = entries,
		.arguments = "A B",
		.argument_count = 2,
		.summary = "The summary.",
		.description = "The description.",
	};

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	printf("%s|%d|%s|%s\n", argv[0], number, argv[1], argv[2]);
	return rr_output_finish();
}

static int cmd_fail(int argc, char **argv)
{
	static const struct rr_options options = { 0 };
	GError *error = NULL;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	printf("before\n");
	rr_set_error_errno(&error, 2, "the file");
	return rr_fail_error(error);
}

static int cmd_safe(int argc, char **argv)
{
	(void)argc, (void)argv;
	rr_print_safe("a\033[2J\302\233\377z");
	return rr_output_finish();
}

static int cmd_full(int argc, char **argv)
{
	(void)argc, (void)argv;
	if (!freopen("/dev/full", "w", stdout))
		return 9;
	printf("lost\n");
	return rr_output_finish();
}

static const struct rr_command commands[] = {
	{ "show", "show things", cmd_show },
	{ "fail", "fail always", cmd_fail },
	{ "safe", "print what is safe", cmd_safe },
	{ "full", "fill a disk", cmd_full },
	{ NULL, NULL, NULL }
};

static const struct rr_program program = {
	.name = "rr-test",
	.summary = "A program for tests.",
	.exit_statuses = "0 or 1.",
	.version_note = "for tests",
	.commands = commands,
};

static int run_program(void *opaque)
{
	g_auto(GStrv) args = g_strsplit(opaque, " ", -1);
	GPtrArray *argv = g_ptr_array_new();
	char **p;

	/* The parser takes strings out of the array. */
	for (p = args; *p; p++)
		g_ptr_array_add(argv, *p);
	g_ptr_array_add(argv, NULL);
	return rr_commands_main(&program, (int)argv->len - 1,
				(char **)argv->pdata);
}

/* @out, @err: parts of what must be printed; "" for nothing at all. */
static void check(const char *line, int status, const char *out,
		  const char *err)
{
	struct capture c = capture(run_program, (void *)line);
	bool one_line = !*c.err || strchr(c.err, '\n') == strrchr(c.err, '\n');
	bool good = c.status == status && one_line && !*out == !*c.out &&
		    !*err == !*c.err && strstr(c.out, out) &&
		    strstr(c.err, err);

	ksft_ok(good, "%s: status %d, \"%.40s\", \"%s\"", line, c.status,
		g_strdelimit(c.out, "\n", ' '), g_strchomp(c.err));
	capture_clear(&c);
}

int main(void)
{
	ksft_plan(20);
	check("x", 1, "", "rr-test: a command is missing; see rr-test --help");
	check("x frob", 1, "", "there is no command 'frob'; see rr-test");
	check("x --frob", 1, "", "there is no command '--frob'");
	check("x --help", 0, "show         show things", "");
	check("x -h", 0, "Exit status: 0 or 1.", "");
	check("x help", 0, "Usage: rr-test COMMAND", "");
	check("x help show", 0, "rr-test show", "");
	check("x help frob", 1, "", "there is no command 'frob'");
	check("x --version", 0, "rr-test " RR_VERSION ", for tests\n", "");
	check("x show --help", 0, "The summary.", "");
	check("x show --help", 0, "The description.", "");
	check("x show a b", 0, "rr-test show|0|a|b\n", "");
	check("x show -n 3 a b", 0, "|3|a|b\n", "");
	check("x show --number=3 -- -a b", 0, "|3|-a|b\n", "");
	check("x show a", 1, "", "rr-test: expected A B; see rr-test show");
	check("x show --number many a b", 1, "", "see rr-test show --help\n");
	check("x fail a", 1, "", "unexpected argument 'a'");
	check("x fail", 1, "before\n",
	      "rr-test: the file: No such file or directory\n");
	check("x safe", 0, "a\\u{1b}[2J\\u{9b}\357\277\275z", "");
	check("x full", 1, "", "cannot write to standard output");
	return ksft_end();
}
