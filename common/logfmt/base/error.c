/*
 * The text of the first error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/base/error.h"

#include <stdarg.h>
#include <stdio.h>

int rrlog_fail(struct rrlog_error *error, int err, const char *format, ...)
{
	va_list args;

	if (error->text[0])
		return err;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}
