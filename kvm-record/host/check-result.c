/*
 * The result of a check.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdarg.h>
#include <stdio.h>

#include "kvm-record/host/check-internal.h"

void host_check_set(struct host_check_result *r, enum host_check_status status,
		    const char *remedy, const char *fmt, ...)
{
	va_list ap;

	r->status = status;
	snprintf(r->remedy, sizeof(r->remedy), "%s", remedy ? remedy : "");
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

bool host_check_passed(const struct host_check_result *results, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (results[i].status == HOST_CHECK_FAIL)
			return false;
	return true;
}
