/*
 * How far a long command has come, on a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/tool.h"

#include <stdio.h>
#include <unistd.h>

#define FIRST_US G_USEC_PER_SEC /* short ones show nothing */
#define EVERY_US (G_USEC_PER_SEC / 5)
#define LOOK_AT_CLOCK 1024 /* calls */

void tool_progress_begin(struct tool_progress *p, const char *what)
{
	*p = (struct tool_progress){ .what = what };
	if (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		p->next_us = g_get_monotonic_time() + FIRST_US;
}

void tool_progress(struct tool_progress *p, const struct rrlog_reader *r)
{
	struct rrlog_reader_position at;
	gint64 now_us;

	if (!p->next_us || ++p->calls % LOOK_AT_CLOCK)
		return;
	now_us = g_get_monotonic_time();
	if (now_us < p->next_us)
		return;
	rrlog_reader_position(r, &at);
	fprintf(stderr, "\r%s: %3.0f %%", p->what,
		100.0 * (double)at.frame_offset /
			(double)MAX(at.file_bytes, 1));
	fflush(stderr);
	p->shown = true;
	p->next_us = now_us + EVERY_US;
}

void tool_progress_end(struct tool_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	*p = (struct tool_progress){ 0 };
}
