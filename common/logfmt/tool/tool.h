/*
 * What the commands of rr-log share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_H
#define RRLOG_TOOL_H

#include <glib.h>

#include "common/logfmt/rrlog.h"

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
int tool_diff(int argc, char **argv);
int tool_pack(int argc, char **argv);
int tool_unpack(int argc, char **argv);

/**
 * Parse a command's options and its one argument, the trace.  Returns false
 * after telling what is wrong.
 */
bool tool_parse(int argc, char **argv, const GOptionEntry *options,
		const char *summary, char **trace);

/** The same for @count arguments, in the help @words ("A B"). */
bool tool_parse_many(int argc, char **argv, const GOptionEntry *options,
		     const char *summary, const char *words, int count,
		     char **values);

/** Open the trace; NULL and *status after telling what is wrong. */
struct rrlog_reader *tool_open(const char *trace, int *status);

/** Tell the reader's error on stderr; returns the status for @err. */
int tool_fail(const struct rrlog_reader *r, int err);
/** The same with this text, or with that of @err if it is empty. */
int tool_fail_with(const char *text, int err);

/** Flush stdout; TOOL_OK or, after telling, TOOL_FAILED. */
int tool_finish(void);

/** Print text from a trace with nothing in it that a terminal obeys. */
void tool_print_safe(const char *text);

/* Bytes of a record's data that tool_append_record() gives. */
#define TOOL_DATA_BYTES 16

/** A record in words, without a newline. */
void tool_append_record(GString *out, uint64_t number,
			const struct rrlog_record *rec, bool all_registers);

/* How far a command has come, told on a terminal if it takes long. */
struct tool_progress {
	const char *what;
	gint64 next_us; /* 0: say nothing */
	unsigned int calls;
	bool shown;
};

void tool_progress_begin(struct tool_progress *p, const char *what);
/** To be called for each record. */
void tool_progress(struct tool_progress *p, const struct rrlog_reader *r);
/** Wipes what it showed; before any other output. */
void tool_progress_end(struct tool_progress *p);

/** "shut down", "stopped" ... */
const char *tool_end_reason(uint64_t reason);

#endif
