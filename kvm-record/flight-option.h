/*
 * The value of --flight: WINDOW[,SIZE], as in 10m,2GiB.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_FLIGHT_OPTION_H
#define RR_FLIGHT_OPTION_H

#include <glib.h>
#include <stdbool.h>

struct flight_option {
	guint64 window_ms; /* 0: no flight */
	guint64 limit_bytes; /* 0: none */
};

/**
 * Read @text into @option.  WINDOW is a number with the unit s, m, h or d, SIZE
 * one with K, M, G or T, or KiB, MiB, GiB or TiB (which are the same).
 * Returns false, and sets @error, if it is neither.
 */
bool flight_option_parse(const char *text, struct flight_option *option,
			 GError **error);

#endif
