/*
 * rr-log verify: read everything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>

static int count_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	(void)block, (void)page_index, (void)page;
	++*(uint64_t *)opaque;
	return 0;
}

static int read_all(struct rrlog_reader *r, uint64_t *pages, uint64_t *end)
{
	struct rrlog_record rec;
	int ret = rrlog_reader_for_each_page(r, count_page, pages);

	if (ret)
		return ret;
	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		if (rec.type == RRLOG_END)
			*end = rec.field[0];
	}
	return ret;
}

static void print_result(const struct rrlog_reader *r, uint64_t pages,
			 uint64_t end)
{
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	printf("%s: %" PRIu64 " records in %" PRIu64 " frames, %" PRIu64
	       " pages; %s\n",
	       rrlog_reader_is_complete(r) ? "complete" : "incomplete",
	       p.record_count, p.frame_count, pages, tool_end_reason(end));
	if (p.skipped_count)
		printf("%" PRIu64 " optional records of a later version\n",
		       p.skipped_count);
	if (rrlog_reader_is_complete(r))
		return;
	if (p.record_count)
		printf("last whole record: %" PRIu64 ", in the frame at %" PRIu64
		       "\n",
		       p.record_count - 1, p.frame_offset);
	printf("torn at the end: %" PRIu64 " bytes\n",
	       rrlog_reader_torn_bytes(r));
}

int tool_verify(int argc, char **argv)
{
	uint64_t pages = 0, end = 0;
	struct rrlog_reader *r;
	char *trace;
	int status, err;

	if (!tool_parse(argc, argv, NULL,
			"Reads all of a trace and checks it.  A trace that was "
			"cut off while it was\nrecorded is incomplete, not "
			"damaged.",
			&trace))
		return TOOL_FAILED;
	r = tool_open(trace, &status);
	if (!r)
		return status;
	/* Images are no part of the trace. */
	rrlog_reader_set_resolve(r, RRLOG_RESOLVE_BLOBS);
	err = read_all(r, &pages, &end);
	if (err) {
		status = tool_fail(r, err);
	} else {
		print_result(r, pages, end);
		status = tool_finish();
	}
	rrlog_reader_close(r);
	return status;
}
