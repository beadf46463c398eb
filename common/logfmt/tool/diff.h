/*
 * Inside of rr-log diff.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_DIFF_H
#define RRLOG_TOOL_DIFF_H

#include <glib.h>

#include "common/logfmt/rrlog.h"

/* Something that two traces, or two records, have different. */
struct diff_item {
	char *name;
	char *a, *b; /* NULL: there is none */
};

/** A list of struct diff_item; free it with g_ptr_array_unref(). */
GPtrArray *diff_items_new(void);
/** Takes ownership of @a and @b; adds an item if they are not equal. */
void diff_items_add(GPtrArray *items, const char *name, char *a, char *b);

/** Manifest entries other than those in @ignored, and blocks. */
void diff_manifests(GPtrArray *items, const struct rrlog_reader *a,
		    const struct rrlog_reader *b, char **ignored);

/** The start state; *broken is the reader that an error is from. */
int diff_pages(GPtrArray *items, struct rrlog_reader *a, struct rrlog_reader *b,
	       struct rrlog_reader **broken);

bool diff_same_record(const struct rrlog_record *a,
		      const struct rrlog_record *b);
/** What two records that are not the same differ in. */
void diff_records(GPtrArray *items, const struct rrlog_record *a,
		  const struct rrlog_record *b);

#endif
