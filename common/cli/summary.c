/*
 * A trace in a few numbers; see summary.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "common/cli/summary.h"
#include "common/cli/message.h"
#include "common/cli/record-text.h"
#include "common/cli/trace.h"

/* The size of a trace, which is a directory or one packed file. */
static uint64_t trace_bytes(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;
	uint64_t bytes = 0;
	GStatBuf st;

	if (!dir && !g_stat(path, &st))
		return (uint64_t)st.st_size;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (!g_stat(file, &st) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static void add_record(struct rr_summary *s, const struct rrlog_record *rec)
{
	s->records++;
	if (rec->stamp == RRLOG_AT_LANDMARK)
		s->branches = rec->landmark.branches;
	switch (rec->type) {
	case RRLOG_INTERRUPT:
	case RRLOG_NMI:
		s->interrupts++;
		break;
	case RRLOG_DMA:
		s->dma_bytes += rec->data_bytes;
		break;
	case RRLOG_DMA_IMAGE:
		s->dma_bytes += rec->dma_image.bytes;
		break;
	case RRLOG_END:
		s->end_reason = (unsigned int)rec->end.reason;
		break;
	}
}

int rr_summary_read(const char *trace, struct rr_summary *s, GError **error)
{
	struct rrlog_reader *r = NULL;
	struct rrlog_record rec;
	int ret;

	*s = (struct rr_summary){ 0 };
	ret = rrlog_reader_open(trace, &r);
	if (!ret)
		rrlog_reader_set_fetch(r, 0);
	if (!ret)
		while ((ret = rrlog_reader_next(r, &rec)) > 0)
			add_record(s, &rec);
	if (ret < 0)
		rr_set_error(error, "%s",
			     r ? rrlog_reader_error(r) : g_strerror(-ret));
	else
		s->complete = rrlog_reader_is_complete(r);
	s->stored_bytes = trace_bytes(trace);
	rrlog_reader_close(r);
	return rr_trace_status(ret);
}

const char *rr_summary_end_text(const struct rr_summary *s)
{
	return s->complete ? rr_end_reason_text(s->end_reason) :
			     "cut off: it replays up to its last whole record";
}
