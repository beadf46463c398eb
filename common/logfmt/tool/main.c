/*
 * rr-log: looks into traces.  Finds the command; what commands share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/tool.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "info", tool_info, "what the trace says about itself" },
	{ "dump", tool_dump, "one line for each record" },
	{ "verify", tool_verify, "read all and check it" },
	{ "stats", tool_stats,
	  "counts, sizes, rates, the most used addresses" },
	{ "diff", tool_diff, "where two traces part" },
	{ "pack", tool_pack, "make one file of a trace" },
	{ "unpack", tool_unpack, "the reverse" },
};

static void print_help(void)
{
	size_t i;

	printf("Usage: rr-log COMMAND [OPTION...] TRACE...\n\nCommands:\n");
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	printf("\nrr-log COMMAND --help tells the options of a command.\n"
	       "Exit status: 0 all well, 1 wrong use or failure (diff: or "
	       "the traces differ),\n4 the trace is damaged.\n");
}

static int run_command(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	}
	fprintf(stderr, "rr-log: unknown command \"%s\"; see rr-log --help\n",
		argv[0]);
	return TOOL_FAILED;
}

/* "help" and "help COMMAND", as with git. */
static int help(int argc, char **argv)
{
	char *asked[] = { argv[1], (char *)"--help", NULL };

	if (argc > 1)
		return run_command(2, asked);
	print_help();
	return tool_finish();
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	if (argc < 2) {
		fprintf(stderr, "rr-log: no command; see rr-log --help\n");
		return TOOL_FAILED;
	}
	argc--, argv++;
	if (!strcmp(argv[0], "--version")) {
		printf("rr-log, trace format %d\n", RRLOG_FORMAT_VERSION);
		return tool_finish();
	}
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h"))
		return help(1, argv);
	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	return run_command(argc, argv);
}

/* Without the trailing newline that some of GLib's texts have. */
static void tell_wrong_use(const char *prgname, const char *text)
{
	fprintf(stderr, "%s: %.*s; see %s --help\n", prgname,
		(int)strcspn(text, "\n"), text, prgname);
}

bool tool_parse_many(int argc, char **argv, const GOptionEntry *options,
		     const char *summary, const char *words, int count,
		     char **values)
{
	GOptionContext *context = g_option_context_new(words);
	char *prgname = g_strdup_printf("rr-log %s", argv[0]);
	char **args = g_new0(char *, argc + 1);
	GError *error = NULL;
	char *expected;
	bool good = false;

	/* GLib takes the program's name in the help from argv[0]. */
	memcpy(args, argv, sizeof(*args) * (size_t)argc);
	g_set_prgname(prgname);
	g_option_context_set_summary(context, summary);
	if (options)
		g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &args, &error)) {
		tell_wrong_use(prgname, error->message);
		goto out;
	}
	/* GLib leaves a "--" in place. */
	if (argc > 1 && !strcmp(args[1], "--"))
		memmove(args + 1, args + 2, sizeof(*args) * (size_t)--argc);
	if (argc != count + 1) {
		expected = g_strdup_printf("expects %s", words);
		tell_wrong_use(prgname, expected);
		g_free(expected);
		goto out;
	}
	memcpy(values, args + 1, sizeof(*values) * (size_t)count);
	good = true;
out:
	g_clear_error(&error);
	g_option_context_free(context);
	g_free(prgname);
	g_free(args);
	return good;
}

bool tool_parse(int argc, char **argv, const GOptionEntry *options,
		const char *summary, char **trace)
{
	return tool_parse_many(argc, argv, options, summary, "TRACE", 1, trace);
}

int tool_fail(const struct rrlog_reader *r, int err)
{
	return tool_fail_with(r ? rrlog_reader_error(r) : "", err);
}

int tool_fail_with(const char *text, int err)
{
	fprintf(stderr, "rr-log: %s%s\n", text[0] ? text : g_strerror(-err),
		g_str_has_suffix(text, ": not a trace") ?
			": neither a folder that rr-kvm recorded nor a file "
			"that rr-log pack made" :
			"");
	return err == -EBADMSG ? TOOL_DAMAGED : TOOL_FAILED;
}

struct rrlog_reader *tool_open(const char *trace, int *status)
{
	struct rrlog_reader *r;
	int err = rrlog_reader_open(trace, &r);

	*status = TOOL_OK;
	if (!err)
		return r;
	*status = tool_fail(r, err);
	rrlog_reader_close(r);
	return NULL;
}

int tool_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return TOOL_OK;
	fprintf(stderr, "rr-log: cannot write to standard output: %s\n",
		g_strerror(errno));
	return TOOL_FAILED;
}

void tool_print_safe(const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);
	const char *p, *next;

	for (p = valid; *p; p = next) {
		gunichar c = g_utf8_get_char(p);

		next = g_utf8_next_char(p);
		if (g_unichar_isprint(c))
			printf("%.*s", (int)(next - p), p);
		else
			printf("\\u{%x}", c);
	}
	g_free(valid);
}

const char *tool_end_reason(uint64_t reason)
{
	switch (reason) {
	case RRLOG_END_SHUTDOWN:
		return "the guest shut down";
	case RRLOG_END_STOPPED:
		return "stopped by the user";
	case RRLOG_END_ERROR:
		return "the recorder failed";
	default:
		return "no end record";
	}
}
