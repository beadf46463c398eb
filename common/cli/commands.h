/*
 * What the command-line programs share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TOOL_H
#define RR_TOOL_H

#include <glib.h>
#include <stdbool.h>

/* Exit statuses, as in the man pages. */
enum {
	RR_EXIT_OK = 0,
	RR_EXIT_FAILURE = 1,
	RR_EXIT_DIVERGED = 3,
	RR_EXIT_DAMAGED = 4,
};

#ifndef RR_VERSION
#define RR_VERSION "0.1"
#endif

struct rr_command {
	const char *name;
	const char *summary;
	/* argv[0] is "PROGRAM NAME"; returns the exit status. */
	int (*run)(int argc, char **argv);
};

/** main() of a program made of @commands, which end with a NULL name. */
int rr_tool_main(const char *program, const char *summary,
		 const struct rr_command *commands, int argc, char **argv);

/** Print "PROGRAM: reason" on stderr; returns RR_EXIT_FAILURE. */
int rr_tool_fail(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
/** The same with the text of @error, which is freed. */
int rr_tool_fail_error(GError *error);
/** Print "PROGRAM: text" on stderr. */
void rr_tool_say(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

GQuark rr_tool_error_quark(void);
/** A GError of one line. */
void rr_tool_set_error(GError **error, const char *fmt, ...)
	G_GNUC_PRINTF(2, 3);

/**
 * Parse options; what is left is in argv.  On a wrong one says so and returns
 * false; --help prints and exits.
 */
bool rr_tool_parse(int *argc, char ***argv, const char *arguments,
		   const char *description, const GOptionEntry *entries);

/** The folder of the running program. */
char *rr_tool_program_dir(void);

/**
 * A file that belongs to the build: $@variable if set, else beside the program
 * under @relative ("../lab/run.sh"), else under the installed LIBEXEC folder by
 * its last two parts.  NULL and @error if it is nowhere.
 */
char *rr_tool_find(const char *variable, const char *relative, GError **error);

/** QEMU as built by the project (RR_QEMU overrides). */
char *rr_tool_find_qemu(GError **error);

#endif
