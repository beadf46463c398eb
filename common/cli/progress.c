/*
 * The progress of a command that takes long; see progress.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/logfmt/rrlog.h"

#define FIRST_US G_USEC_PER_SEC /* short commands print nothing */
#define INTERVAL_US (G_USEC_PER_SEC / 5)
#define RECORDS_PER_LOOK 1024 /* at the clock */

void rr_progress_begin(struct rr_progress *p, const char *what)
{
	*p = (struct rr_progress){ .what = what };
	if (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO))
		p->next_us = g_get_monotonic_time() + FIRST_US;
}

void rr_progress_show(struct rr_progress *p, guint64 done, guint64 total)
{
	gint64 now_us;

	if (!p->next_us)
		return;
	now_us = g_get_monotonic_time();
	if (now_us < p->next_us)
		return;
	fprintf(stderr, "\r%s: %3.0f %%", p->what,
		100.0 * (double)done / (double)MAX(total, 1));
	fflush(stderr);
	p->shown = true;
	p->next_us = now_us + INTERVAL_US;
}

void rr_progress_of_reader(struct rr_progress *p, const struct rrlog_reader *r)
{
	struct rrlog_reader_position at;

	if (!p->next_us || ++p->calls % RECORDS_PER_LOOK)
		return;
	rrlog_reader_position(r, &at);
	rr_progress_show(p, at.frame_offset, at.file_bytes);
}

void rr_progress_end(struct rr_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	*p = (struct rr_progress){ 0 };
}
