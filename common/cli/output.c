/*
 * What a command prints on stdout; see output.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/output.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>

#include "common/cli/message.h"

int rr_output_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return RR_EXIT_OK;
	return rr_fail("cannot write to standard output: %s",
		       g_strerror(errno));
}

void rr_print_safe(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	const char *p, *next;

	for (p = valid; *p; p = next) {
		gunichar c = g_utf8_get_char(p);

		next = g_utf8_next_char(p);
		if (g_unichar_isprint(c))
			printf("%.*s", (int)(next - p), p);
		else
			printf("\\u{%x}", c);
	}
}
