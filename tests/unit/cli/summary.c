/*
 * A trace in a few numbers, and the exit status for one that cannot be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "common/cli/exit-status.h"
#include "common/cli/summary.h"
#include "common/logfmt/rrlog.h"
#include "tests/tap.h"

static char *dir, *trace;

static void append(struct rrlog_writer *w, uint8_t type, uint64_t branches,
		   size_t data_bytes, uint64_t first_field)
{
	static const uint8_t data[64];
	struct rrlog_record rec = {
		.type = type,
		.stamp = branches ? RRLOG_AT_LANDMARK : RRLOG_AT_ACCESS,
		.data = data,
		.data_bytes = data_bytes,
	};

	rec.landmark.branches = branches;
	if (type == RRLOG_END)
		rec.end.reason = first_field;
	if (rrlog_writer_append(w, &rec))
		ksft_bail_out("cannot append: %s", rrlog_writer_error(w));
}

/* @reason 0: the trace is cut off */
static void make(unsigned int reason)
{
	struct rrlog_writer *w;

	rrlog_trace_remove(trace);
	if (rrlog_writer_create(trace, NULL, &w) || rrlog_writer_start(w))
		ksft_bail_out("cannot write %s", trace);
	append(w, RRLOG_INTERRUPT, 100, 0, 0);
	append(w, RRLOG_NMI, 200, 0, 0);
	append(w, RRLOG_DMA, 0, 40, 0);
	append(w, RRLOG_DMA, 300, 24, 0);
	append(w, RRLOG_CR8, 0, 0, 0);
	if (reason)
		append(w, RRLOG_END, 400, 8, reason);
	if (rrlog_writer_close(w, reason != 0))
		ksft_bail_out("cannot close %s", trace);
}

static void check_end(unsigned int reason, const char *text)
{
	struct rr_summary s;

	make(reason);
	ksft_ok(!rr_summary_read(trace, &s, NULL) && s.end_reason == reason &&
			s.complete == (reason != 0) &&
			strstr(rr_summary_end_text(&s), text),
		"end reason %u: %s", reason, rr_summary_end_text(&s));
}

static void test_counts(void)
{
	struct rr_summary s;
	g_autofree char *events = g_build_filename(trace, "events", NULL);
	GStatBuf st;

	make(RRLOG_END_SHUTDOWN);
	ksft_ok(!rr_summary_read(trace, &s, NULL) && s.records == 6 &&
			s.interrupts == 2 && s.dma_bytes == 64 &&
			s.branches == 400,
		"%d records, %d interrupts, %d bytes of DMA, %d branches",
		(int)s.records, (int)s.interrupts, (int)s.dma_bytes,
		(int)s.branches);
	ksft_ok(!g_stat(events, &st) && s.stored_bytes > (uint64_t)st.st_size,
		"all files: %d bytes", (int)s.stored_bytes);
}

static void test_damaged(void)
{
	g_autofree char *events = g_build_filename(trace, "events", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct rr_summary s;
	gsize bytes;
	int status;

	make(RRLOG_END_SHUTDOWN);
	if (!g_file_get_contents(events, &text, &bytes, NULL))
		ksft_bail_out("cannot read %s", events);
	text[bytes - 1] ^= 1;
	g_file_set_contents(events, text, (gssize)bytes, NULL);
	status = rr_summary_read(trace, &s, &error);
	ksft_ok(status == RR_EXIT_DAMAGED && error, "damaged: %d: %s", status,
		error ? error->message : "");
}

static void test_missing(void)
{
	g_autoptr(GError) error = NULL;
	struct rr_summary s;
	int status = rr_summary_read("/nonexistent", &s, &error);

	ksft_ok(status == RR_EXIT_FAILURE && error, "no trace: %d: %s", status,
		error ? error->message : "");
}

int main(void)
{
	dir = g_dir_make_tmp("rr-summary-XXXXXX", NULL);
	trace = g_build_filename(dir, "t.rrt", NULL);
	ksft_plan(2 + 4 + 2);
	test_counts();
	check_end(RRLOG_END_SHUTDOWN, "powered off");
	check_end(RRLOG_END_STOPPED, "by the user");
	check_end(RRLOG_END_ERROR, "by an error");
	check_end(0, "cut off");
	test_damaged();
	test_missing();
	rrlog_trace_remove(trace);
	g_rmdir(dir);
	g_free(trace);
	g_free(dir);
	return ksft_end();
}
