/*
 * The parts of an option's value: "driver,key=value,..." or JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_OPTION_PARTS_H
#define RR_OPTION_PARTS_H

#include <glib.h>

/**
 * The parts of @value.  A value in JSON ({"driver": "e1000", "id": "n0"}) gives
 * those of the list that means the same: "e1000", "id=n0"; members of members
 * are "a.b=value", and true and false are on and off.  Text that is no JSON is
 * split at its commas.  Free the result with g_strfreev().
 */
char **rr_option_parts(const char *value);

#endif
