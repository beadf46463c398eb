/*
 * The progress of a command that takes long, on a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_PROGRESS_H
#define RR_PROGRESS_H

#include <glib.h>
#include <stdbool.h>

struct rrlog_reader;

struct rr_progress {
	const char *what; /* printed before the percentage */
	gint64 next_us; /* when to print next; 0: print nothing */
	unsigned int calls;
	bool shown;
};

/** Start; prints nothing unless stdout and stderr are terminals. */
void rr_progress_begin(struct rr_progress *p, const char *what);

/**
 * @done of @total are done.  Prints after the first second, 5 times a second.
 */
void rr_progress_show(struct rr_progress *p, guint64 done, guint64 total);

/** The same for @r, which has just read a record.  Cheap. */
void rr_progress_of_reader(struct rr_progress *p, const struct rrlog_reader *r);

/** Wipe what was printed; to be called before anything else is printed. */
void rr_progress_end(struct rr_progress *p);

#endif
