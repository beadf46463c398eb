/*
 * rr-log verify: read everything.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/blobs.h"
#include "common/cli/json.h"
#include "common/logfmt/tool/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static gboolean as_json;
static gboolean with_images;

static const GOptionEntry options[] = {
	{ "with-images", 'i', 0, G_OPTION_ARG_NONE, &with_images,
	  "Check what records need of disk images too", NULL },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json,
	  "Print JSON, for a damaged trace too", NULL },
	G_OPTION_ENTRY_NULL,
};

/* What was read. */
struct totals {
	uint64_t pages;
	uint64_t blob_bytes;
	uint64_t end; /* reason of the end record; 0: there is none */
};

static int count_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	(void)block, (void)page_index, (void)page;
	++*(uint64_t *)opaque;
	return 0;
}

static int read_records(struct rrlog_reader *r, struct totals *totals)
{
	struct tool_progress progress;
	struct rrlog_record rec;
	int ret;

	tool_progress_begin(&progress, "rr-log verify");
	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		if (rec.type == RRLOG_END)
			totals->end = rec.field[0];
		tool_progress(&progress, r);
	}
	tool_progress_end(&progress);
	return ret;
}

static int check_blob_frames(struct rrlog_frame_reader *fr, uint64_t *bytes)
{
	int ret;

	while ((ret = rrlog_frame_next(fr)) > 0) {
		const struct rrlog_frame_header *h = &fr->header;

		if (h->kind != RRLOG_FRAME_BLOB_BYTES ||
		    h->item_count != h->raw_bytes ||
		    h->raw_bytes > RRLOG_BLOB_FRAME_BYTES)
			return rrlog_frame_fail(fr, -EBADMSG,
						"not a frame of blobs");
		*bytes += h->raw_bytes;
	}
	return ret;
}

/* All of "blobs", for there may be bytes that no record names. */
static int read_blobs(const char *trace, struct totals *totals,
		      struct rrlog_error *error)
{
	struct rrlog_frame_reader fr = { .member = RRLOG_NO_MEMBER };
	struct rrlog_store store;
	int err = rrlog_store_open(&store, trace, error);

	if (!err)
		err = rrlog_frame_reader_open(&fr, &store, RRLOG_FILE_BLOBS,
					      RRLOG_MAGIC_BLOBS, error);
	if (!err)
		err = check_blob_frames(&fr, &totals->blob_bytes);
	rrlog_frame_reader_close(&fr);
	rrlog_store_close(&store);
	return err;
}

static int read_all(struct rrlog_reader *r, const char *trace,
		    struct totals *totals, struct rrlog_error *error)
{
	int err = rrlog_reader_for_each_page(r, count_page, &totals->pages);

	if (!err)
		err = read_records(r, totals);
	if (err)
		rrlog_fail(error, err, "%s", rrlog_reader_error(r));
	return err ? err : read_blobs(trace, totals, error);
}

static void print_text(const struct rrlog_reader *r,
		       const struct totals *totals)
{
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	printf("%s: %" PRIu64 " records in %" PRIu64 " frames, %" PRIu64
	       " pages, %" PRIu64 " bytes of blobs; %s\n",
	       rrlog_reader_is_complete(r) ? "complete" : "incomplete",
	       p.record_count, p.frame_count, totals->pages, totals->blob_bytes,
	       tool_end_reason(totals->end));
	if (p.skipped_count)
		printf("%" PRIu64 " optional records of a later version\n",
		       p.skipped_count);
	if (rrlog_reader_is_complete(r))
		return;
	if (p.record_count)
		printf("last whole record: %" PRIu64
		       ", in the frame at %" PRIu64 "\n",
		       p.record_count - 1, p.frame_offset);
	printf("torn at the end: %" PRIu64 " bytes\n",
	       rrlog_reader_torn_bytes(r));
}

static const char *state(const struct rrlog_reader *r, int err)
{
	if (err)
		return "damaged";
	return rrlog_reader_is_complete(r) ? "complete" : "incomplete";
}

/* As far as it was read; @err: what stopped that. */
static void print_json(const struct rrlog_reader *r,
		       const struct totals *totals, int err, const char *why)
{
	JsonBuilder *b = json_builder_new();
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	json_builder_begin_object(b);
	tool_add_string(b, "state", state(r, err));
	if (err)
		tool_add_string(b, "error", why);
	tool_add_u64(b, "records", p.record_count);
	tool_add_u64(b, "skipped_records", p.skipped_count);
	tool_add_u64(b, "frames", p.frame_count);
	tool_add_u64(b, "last_frame_offset", p.frame_offset);
	tool_add_u64(b, "pages", totals->pages);
	tool_add_u64(b, "blob_bytes", totals->blob_bytes);
	tool_add_u64(b, "end_reason", totals->end);
	tool_add_u64(b, "torn_bytes", rrlog_reader_torn_bytes(r));
	json_builder_end_object(b);
	tool_print_json(b, true);
}

int tool_verify(int argc, char **argv)
{
	struct totals totals = { 0 };
	struct rrlog_error error = { "" };
	struct rrlog_reader *r;
	char *trace;
	int status, err;

	if (!tool_parse(argc, argv, options,
			"Reads all of a trace and checks it.  A trace that was "
			"cut off while it was\nrecorded is incomplete, not "
			"damaged.",
			&trace))
		return TOOL_FAILED;
	err = rrlog_reader_open(trace, &r);
	if (!err) {
		/* Images are no part of the trace. */
		rrlog_reader_set_resolve(
			r, RRLOG_RESOLVE_BLOBS |
				   (with_images ? RRLOG_RESOLVE_IMAGES : 0));
		err = read_all(r, trace, &totals, &error);
	} else {
		rrlog_fail(&error, err, "%s", r ? rrlog_reader_error(r) : "");
	}
	if (as_json && (!err || err == -EBADMSG))
		print_json(r, &totals, err, error.text);
	else if (!err)
		print_text(r, &totals);
	status = tool_finish();
	if (err)
		status = tool_fail_with(error.text, err);
	rrlog_reader_close(r);
	return status;
}
