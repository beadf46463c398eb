/*
 * Places in a trace that a reader can return to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>

#include "common/logfmt/trace/cursor-internal.h"

struct rrlog_mark {
	struct rrlog_frame_ref frame; /* the current one, or the next ... */
	bool is_inside; /* ... if this is false */
	/* Inside the current frame: */
	uint32_t raw_bytes; /* its size, as it was */
	size_t in_bytes, record_bytes; /* offsets of .in and .record */
	struct rrlog_prediction prediction;
	uint32_t frame_left;
	uint64_t frame_end;
	uint64_t blob_expected, blob_expected_before;

	struct rrlog_reader_position position;
	struct rrlog_check *check; /* NULL: without one */
};

static struct rrlog_frame_ref next_frame(const struct rrlog_frame_reader *fr)
{
	return (struct rrlog_frame_ref){
		.offset = fr->offset,
		.first_ordinal = fr->next_ordinal,
		.first_branches = fr->last_branches,
		.time_ns = fr->last_time_ns,
		.chain = fr->chain,
	};
}

static void mark_inside(struct rrlog_mark *m, const struct rrlog_reader *r)
{
	m->is_inside = true;
	m->frame = r->frame;
	m->raw_bytes = (uint32_t)r->events.raw.used_bytes;
	m->in_bytes = (size_t)(r->in - r->events.raw.bytes);
	m->record_bytes = (size_t)(r->record - r->events.raw.bytes);
	m->prediction = r->prediction;
	m->frame_left = r->frame_left;
	m->blob_expected = r->blob_expected;
	m->blob_expected_before = r->blob_expected_before;
}

int rrlog_reader_mark(const struct rrlog_reader *r, struct rrlog_mark **mark)
{
	struct rrlog_mark *m;

	*mark = NULL;
	if (r->failed)
		return r->failed;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	if (r->check) {
		m->check = rrlog_check_copy(r->check);
		if (!m->check) {
			free(m);
			return -ENOMEM;
		}
	}
	m->frame = next_frame(&r->events);
	m->position = r->position;
	m->frame_end = r->frame_end;
	if (r->in)
		mark_inside(m, r);
	*mark = m;
	return 0;
}

/* The trace may have changed on the disk: nothing read from it is trusted. */
static int go_inside(struct rrlog_reader *r, const struct rrlog_mark *m)
{
	int ret = rrlog_cursor_next_frame(r);

	if (ret < 0)
		return ret;
	if (!ret || r->events.raw.used_bytes != m->raw_bytes)
		return rrlog_frame_fail(&r->events, -EBADMSG,
					"the frame has changed");
	r->in = r->events.raw.bytes + m->in_bytes;
	r->record = r->events.raw.bytes + m->record_bytes;
	r->prediction = m->prediction;
	r->frame_left = m->frame_left;
	r->blob_expected = m->blob_expected;
	r->blob_expected_before = m->blob_expected_before;
	return 0;
}

int rrlog_reader_return(struct rrlog_reader *r, const struct rrlog_mark *m)
{
	struct rrlog_check *check = NULL;
	int ret = 0;

	if (m->check) {
		check = rrlog_check_copy(m->check);
		if (!check)
			return -ENOMEM;
	}
	rrlog_check_free(r->check);
	r->check = check;
	r->failed = 0;
	r->error.text[0] = 0;
	rrlog_cursor_begin_at(r, &m->frame);
	if (m->is_inside)
		ret = go_inside(r, m);
	if (ret < 0)
		return r->failed = ret;
	r->frame_end = m->frame_end;
	r->position = m->position;
	return 0;
}

void rrlog_mark_free(struct rrlog_mark *m)
{
	if (!m)
		return;
	rrlog_check_free(m->check);
	free(m);
}
