/*
 * The text of the first error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_ERROR_H
#define RRLOG_ERROR_H

#include <limits.h>

/*
 * Room for the name of a file of a trace in an error text, "NAME.rrt/events".
 */
#define RRLOG_NAME_BYTES (PATH_MAX + 16)

/* The text of the first error, "NAME.rrt/events: offset 128: ...". */
struct rrlog_error {
	char text[RRLOG_NAME_BYTES + 256];
};

/** Set the text unless there is one already; returns @err. */
int rrlog_fail(struct rrlog_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
