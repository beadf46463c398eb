/*
 * rr-log: looks into traces.  Finds the command; what commands share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tool.h"

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
	{ "stats", tool_stats, "counts and sizes by record type" },
	{ "pack", tool_pack, "make one file of a trace" },
	{ "unpack", tool_unpack, "the reverse" },
};

static void print_help(void)
{
	size_t i;

	printf("Usage: rr-log COMMAND [OPTION...] TRACE\n\nCommands:\n");
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].summary);
	printf("\nrr-log COMMAND --help tells the options of a command.\n"
	       "Exit status: 0 all well, 1 wrong use or failure, "
	       "4 the trace is damaged.\n");
}

int main(int argc, char **argv)
{
	size_t i;

	setlocale(LC_ALL, "");
	if (argc >= 2 &&
	    (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		print_help();
		return tool_finish();
	}
	if (argc >= 2 && !strcmp(argv[1], "--version")) {
		printf("rr-log, trace format %d\n", RRLOG_FORMAT_VERSION);
		return tool_finish();
	}
	for (i = 0; argc >= 2 && i < G_N_ELEMENTS(commands); i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	if (argc >= 2)
		fprintf(stderr, "rr-log: unknown command \"%s\"; see rr-log --help\n",
			argv[1]);
	else
		fprintf(stderr, "rr-log: no command; see rr-log --help\n");
	return TOOL_FAILED;
}

static bool parse(int argc, char **argv, const GOptionEntry *options,
		  const char *parameters, const char *summary, int count,
		  char **out)
{
	GOptionContext *context = g_option_context_new(parameters);
	char *prgname = g_strdup_printf("rr-log %s", argv[0]);
	char **args = g_new0(char *, argc + 1);
	GError *error = NULL;
	bool good;

	/* GLib takes the program's name in the help from argv[0]. */
	memcpy(args, argv, sizeof(*args) * (size_t)argc);
	g_set_prgname(prgname);
	g_option_context_set_summary(context, summary);
	if (options)
		g_option_context_add_main_entries(context, options, NULL);
	good = g_option_context_parse(context, &argc, &args, &error);
	if (!good)
		fprintf(stderr, "%s: %s\n", prgname, error->message);
	else if (argc != count + 1)
		fprintf(stderr, "%s: expects %s; see %s --help\n", prgname,
			parameters, prgname);
	good = good && argc == count + 1;
	if (good)
		memcpy(out, args + 1, sizeof(*out) * (size_t)count);
	g_clear_error(&error);
	g_option_context_free(context);
	g_free(prgname);
	g_free(args);
	return good;
}

bool tool_parse(int argc, char **argv, const GOptionEntry *options,
		const char *summary, char **trace)
{
	return parse(argc, argv, options, "TRACE", summary, 1, trace);
}

bool tool_parse_two(int argc, char **argv, const GOptionEntry *options,
		    const char *parameters, const char *summary, char **args)
{
	return parse(argc, argv, options, parameters, summary, 2, args);
}

int tool_fail(const struct rrlog_reader *r, int err)
{
	const char *text = r ? rrlog_reader_error(r) : "";

	fprintf(stderr, "rr-log: %s\n", text[0] ? text : g_strerror(-err));
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
	fprintf(stderr, "rr-log: cannot write to standard output\n");
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
