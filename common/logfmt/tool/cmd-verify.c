/*
 * rr-log verify: read everything and check it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/progress.h"
#include "common/cli/record-text.h"
#include "common/cli/trace.h"
#include "common/logfmt/data/blobs.h"
#include "common/logfmt/file/index-check.h"
#include "common/logfmt/tool/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static gboolean as_json;
static gboolean with_images;
static gboolean trust_images;
static gboolean form_only;

static const GOptionEntry entries[] = {
	{ "with-images", 'i', 0, G_OPTION_ARG_NONE, &with_images,
	  "Check the bytes in disk images that records refer to", NULL },
	{ "trust-images", 0, 0, G_OPTION_ARG_NONE, &trust_images,
	  "Read images where the trace says, not only beside the trace", NULL },
	{ "form", 'f', 0, G_OPTION_ARG_NONE, &form_only,
	  "Check the form of records, not what they mean", NULL },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json,
	  "Print JSON, also for a damaged trace", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE",
	.argument_count = 1,
	.summary = "Reads everything in a trace and checks it: checksums, the "
		   "form of records, and what they\nmean.  A trace whose "
		   "recording was cut off is incomplete, which is not damage.",
};

struct totals {
	uint64_t pages;
	uint64_t blob_bytes;
	uint64_t end; /* reason in the end record; 0: no end record */
	struct rrlog_error index; /* what is wrong with the file "index" */
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
	struct rr_progress progress;
	struct rrlog_record rec;
	int ret;

	ret = form_only ? 0 : rrlog_reader_check(r);
	if (ret)
		return ret;
	rr_progress_begin(&progress, "rr-log verify");
	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		if (rec.type == RRLOG_END)
			totals->end = rec.end.reason;
		rr_progress_of_reader(&progress, r);
	}
	rr_progress_end(&progress);
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

/* Reads all of "blobs": some bytes may belong to no record. */
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

/* The index is a help for seeking: what is wrong there is not damage. */
static int check_index(const char *trace, struct totals *totals,
		       struct rrlog_error *error)
{
	struct rrlog_store store;
	int err = rrlog_store_open(&store, trace, error);

	if (!err)
		rrlog_index_check(&store, &totals->index);
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
	if (!err)
		err = read_blobs(trace, totals, error);
	return err ? err : check_index(trace, totals, error);
}

static void print_change(const struct rrlog_reader *r)
{
	g_autofree char *change = rr_processor_change_text(r);

	if (!change)
		return;
	printf("the processor changed during the recording: ");
	rr_print_safe(change);
	printf("\n");
}

static void print_index(const struct totals *totals)
{
	if (!totals->index.text[0])
		return;
	rr_print_safe(totals->index.text);
	printf("; nothing is lost: \"rr-log index\" makes it anew\n");
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
	       rr_end_reason_text(totals->end));
	if (p.skipped_count)
		printf("%" PRIu64
		       " optional records of a later version were skipped\n",
		       p.skipped_count);
	print_change(r);
	print_index(totals);
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

/* The totals up to where @err, if any, stopped the reading. */
static void print_json(const struct rrlog_reader *r,
		       const struct totals *totals, int err, const char *why)
{
	g_autofree char *change = rr_processor_change_text(r);
	JsonBuilder *b = json_builder_new();
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	json_builder_begin_object(b);
	rr_json_add_string(b, "state", state(r, err));
	if (err)
		rr_json_add_string(b, "error", why);
	rr_json_add_u64(b, "records", p.record_count);
	rr_json_add_u64(b, "skipped_records", p.skipped_count);
	rr_json_add_u64(b, "frames", p.frame_count);
	rr_json_add_u64(b, "last_frame_offset", p.frame_offset);
	rr_json_add_u64(b, "pages", totals->pages);
	rr_json_add_u64(b, "blob_bytes", totals->blob_bytes);
	rr_json_add_u64(b, "end_reason", totals->end);
	if (change)
		rr_json_add_string(b, "processor_change", change);
	if (totals->index.text[0])
		rr_json_add_string(b, "index", totals->index.text);
	rr_json_add_u64(b, "torn_bytes", rrlog_reader_torn_bytes(r));
	json_builder_end_object(b);
	rr_json_print(b, true);
}

int cmd_verify(int argc, char **argv)
{
	struct totals totals = { 0 };
	struct rrlog_error error = { "" };
	struct rrlog_reader *r;
	int status, err;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	err = rrlog_reader_open(argv[1], &r);
	if (!err) {
		/* Images are not part of the trace. */
		rrlog_reader_set_fetch(
			r, RRLOG_FETCH_BLOBS |
				   (with_images ? RRLOG_FETCH_IMAGES : 0));
		if (trust_images)
			rrlog_reader_trust_images(r);
		err = read_all(r, argv[1], &totals, &error);
	} else {
		rrlog_fail(&error, err, "%s", r ? rrlog_reader_error(r) : "");
	}
	if (as_json && (!err || err == -EBADMSG))
		print_json(r, &totals, err, error.text);
	else if (!err)
		print_text(r, &totals);
	status = rr_output_finish();
	if (err)
		status = rr_trace_fail_text(error.text, err);
	rrlog_reader_close(r);
	return status;
}
