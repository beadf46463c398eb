/*
 * What the commands of rr-log share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_H
#define RRLOG_TOOL_H

#include <glib.h>

#include "rrlog.h"

enum tool_status {
	TOOL_OK = 0,
	TOOL_FAILED = 1, /* wrong use, or failure */
	TOOL_DAMAGED = 4,
};

/* The commands: argv[0] is the command's name; they return a status. */
int tool_info(int argc, char **argv);
int tool_dump(int argc, char **argv);
int tool_verify(int argc, char **argv);
int tool_stats(int argc, char **argv);
int tool_pack(int argc, char **argv);
int tool_unpack(int argc, char **argv);

/**
 * Parse a command's options and its one argument, the trace.  Returns false
 * after telling what is wrong.
 */
bool tool_parse(int argc, char **argv, const GOptionEntry *options,
		const char *summary, char **trace);

/** The same for two arguments, named by @parameters in the help. */
bool tool_parse_two(int argc, char **argv, const GOptionEntry *options,
		    const char *parameters, const char *summary, char **args);

/** Open the trace; NULL and *status after telling what is wrong. */
struct rrlog_reader *tool_open(const char *trace, int *status);

/** Tell the reader's error on stderr; returns the status for @err. */
int tool_fail(const struct rrlog_reader *r, int err);

/** Flush stdout; TOOL_OK or, after telling, TOOL_FAILED. */
int tool_finish(void);

/** Print text from a trace with nothing in it that a terminal obeys. */
void tool_print_safe(const char *text);

/** "shut down", "stopped" ... */
const char *tool_end_reason(uint64_t reason);

#endif
