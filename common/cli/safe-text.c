/*
 * Text that a stranger may have written; see safe-text.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/safe-text.h"

#include <glib.h>

char *rr_safe_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *safe = g_string_new(NULL);
	const char *p, *next;

	for (p = valid; *p; p = next) {
		gunichar c = g_utf8_get_char(p);

		next = g_utf8_next_char(p);
		if (g_unichar_isprint(c))
			g_string_append_len(safe, p, next - p);
		else
			g_string_append_printf(safe, "\\u{%x}", c);
	}
	return g_string_free(safe, FALSE);
}
