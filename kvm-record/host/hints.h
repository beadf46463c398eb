/*
 * Known habits of processors that spoil a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOST_HINTS_H
#define RR_HOST_HINTS_H

#include <stdbool.h>
#include <stddef.h>

/** True if there is something to warn of; @reason is set in any case. */
bool host_hints(char *reason, size_t reason_bytes, char *remedy,
		size_t remedy_bytes);

/** What to do where counts are not exact. */
const char *host_hint_inexact(void);

#endif
