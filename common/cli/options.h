/*
 * The options and arguments of a command.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_OPTIONS_H
#define RR_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

struct rr_options {
	const GOptionEntry *entries; /* NULL: --help alone */
	const char *arguments; /* as in the help, "A B"; NULL: none */
	void *opaque; /* for callbacks of .entries */
	int argument_count; /* RR_ANY_COUNT: the caller checks them */
	const char *summary; /* printed before the options, or NULL */
	const char *description; /* printed after the options, or NULL */
};

#define RR_ANY_COUNT (-1)

/**
 * Parse the options of a command.  The values go where the entries point to;
 * the arguments are in (*@argv)[1] and on, without a "--" before them.
 * Returns false after a message if they are wrong.  --help prints the help and
 * ends the program.
 */
bool rr_options_parse(const struct rr_options *options, int *argc,
		      char ***argv);

#endif
