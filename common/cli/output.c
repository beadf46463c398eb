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
#include "common/cli/safe-text.h"

int rr_output_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return RR_EXIT_OK;
	return rr_fail("cannot write to standard output: %s",
		       g_strerror(errno));
}

void rr_print_safe(const char *text)
{
	g_autofree char *safe = rr_safe_text(text);

	fputs(safe, stdout);
}
