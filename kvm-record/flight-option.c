/*
 * The value of --flight; see flight-option.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/flight-option.h"

#include <string.h>

#include "common/cli/message.h"

#define MIN_WINDOW_MS 4000
#define MAX_WINDOW_MS (365ull * 24 * 3600 * 1000)

struct unit {
	const char *name;
	guint64 factor;
};

static const struct unit times[] = { { "s", 1000 },
				     { "m", 60 * 1000 },
				     { "h", 3600 * 1000 },
				     { "d", 24 * 3600 * 1000 },
				     { NULL, 0 } };

static const struct unit sizes[] = { { "K", 1 << 10 },	  { "KiB", 1 << 10 },
				     { "M", 1 << 20 },	  { "MiB", 1 << 20 },
				     { "G", 1 << 30 },	  { "GiB", 1 << 30 },
				     { "T", 1ull << 40 }, { "TiB", 1ull << 40 },
				     { NULL, 0 } };

/* A whole number and its unit; false if @text is anything else, or too much. */
static bool parse(const char *text, const struct unit *units, guint64 *value)
{
	char *end;
	guint64 n;

	if (!g_ascii_isdigit(*text))
		return false;
	n = g_ascii_strtoull(text, &end, 10);
	for (; units->name; units++)
		if (!strcmp(end, units->name))
			return g_uint64_checked_mul(value, n, units->factor) &&
			       *value;
	return false;
}

bool flight_option_parse(const char *text, struct flight_option *option,
			 GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 2);

	*option = (struct flight_option){ 0 };
	if (!parts[0] || !parse(parts[0], times, &option->window_ms) ||
	    option->window_ms < MIN_WINDOW_MS ||
	    option->window_ms > MAX_WINDOW_MS) {
		rr_set_error(error,
			     "--flight %s: the time is from 4s to 365d, as in "
			     "90s, 10m, 2h",
			     text);
		return false;
	}
	if (parts[1] && !parse(parts[1], sizes, &option->limit_bytes)) {
		rr_set_error(error,
			     "--flight %s: the size is as in 512MiB or 2GiB",
			     text);
		return false;
	}
	return true;
}
