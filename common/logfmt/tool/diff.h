/*
 * The parts of rr-log diff.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_DIFF_H
#define RRLOG_TOOL_DIFF_H

#include <glib.h>

#include "common/logfmt/rrlog.h"

/* A property in which two traces, or two records, differ. */
struct diff_item {
	char *name;
	char *a, *b; /* NULL: not present */
};

/** An empty list of struct diff_item.  Free it with g_ptr_array_unref(). */
GPtrArray *diff_items_new(void);
/** Add an item if @a and @b are not equal.  Takes ownership of both. */
void diff_items_add(GPtrArray *items, const char *name, char *a, char *b);

/** Compare the blocks, and the manifest entries that are not in @ignored. */
void diff_manifests(GPtrArray *items, const struct rrlog_reader *a,
		    const struct rrlog_reader *b, char **ignored);

/**
 * Compare the memory at the start.  Returns 0, or the error of the reader
 * *@broken.
 */
int diff_pages(GPtrArray *items, struct rrlog_reader *a, struct rrlog_reader *b,
	       struct rrlog_reader **broken);

/** Whether all of two records is the same: place, fields and data. */
bool diff_same_record(const struct rrlog_record *a,
		      const struct rrlog_record *b);
/** Add what two records differ in. */
void diff_records(GPtrArray *items, const struct rrlog_record *a,
		  const struct rrlog_record *b);

#endif
