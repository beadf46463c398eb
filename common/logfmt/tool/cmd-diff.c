/*
 * rr-log diff: find the first difference of two traces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/json.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/progress.h"
#include "common/cli/record-json.h"
#include "common/cli/record-text.h"
#include "common/cli/trace.h"
#include "common/logfmt/tool/commands.h"

#define MAX_CONTEXT 1000
#define SHOWN_BYTES 500 /* at most, of one value */

static gint64 context_records = 3;
static char **ignored;
static gboolean compare_all;
static gboolean as_json;

static const GOptionEntry entries[] = {
	{ "context", 'C', 0, G_OPTION_ARG_INT64, &context_records,
	  "Show N equal records before the difference (3)", "N" },
	{ "ignore", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &ignored,
	  "Ignore this manifest entry; may be repeated", "KEY" },
	{ "all", 'a', 0, G_OPTION_ARG_NONE, &compare_all,
	  "Compare start.time too", NULL },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "A B",
	.argument_count = 2,
	.summary = "Finds the first record in which two traces differ, and "
		   "what differs in their\nmanifests and start states.  Host "
		   "times, compression, the ids of the traces and the\nentry "
		   "start.time are ignored.  Exit status: 0 equal, 1 different "
		   "(or failure,\nwith a line on standard error), 4 damaged.",
};

struct side {
	struct rrlog_reader *reader;
	struct rrlog_record rec;
	uint64_t number; /* the number of ->rec */
	int ret; /* what the last rrlog_reader_next() returned */
};

/* A record that both traces have, with as much of its data as is printed. */
struct kept {
	struct rrlog_record rec;
	uint64_t number;
	uint8_t data[RR_RECORD_TEXT_DATA_BYTES];
};

struct diff {
	struct side a, b;
	GPtrArray *manifest;
	GPtrArray *fields; /* that differ, of the records that differ */
	struct kept *context; /* a ring of context_records */
	uint64_t equal_count;
	uint64_t branches; /* at the last landmark that both traces have */
	bool has_branches; /* there is such a landmark */
	bool parted;
};

static void keep_record(struct diff *d)
{
	const struct rrlog_record *rec = &d->a.rec;

	if (rec->stamp == RRLOG_AT_LANDMARK) {
		d->branches = rec->landmark.branches;
		d->has_branches = true;
	}
	if (context_records) {
		struct kept *k =
			&d->context[d->equal_count % (uint64_t)context_records];

		k->rec = *rec;
		k->number = d->a.number;
		if (rec->data_bytes)
			memcpy(k->data, rec->data,
			       MIN(rec->data_bytes, sizeof(k->data)));
		k->rec.data = k->data;
	}
	d->equal_count++;
}

static void read_next(struct side *s)
{
	struct rrlog_reader_position p;

	s->ret = rrlog_reader_next(s->reader, &s->rec);
	rrlog_reader_position(s->reader, &p);
	s->number = p.record_count - (s->ret > 0);
}

/* Returns 0 or the error of the reader *broken. */
static int compare_records(struct diff *d, struct rrlog_reader **broken)
{
	struct rr_progress progress;

	rr_progress_begin(&progress, "rr-log diff");
	for (;;) {
		read_next(&d->a);
		read_next(&d->b);
		if (d->a.ret <= 0 || d->b.ret <= 0 ||
		    !diff_same_record(&d->a.rec, &d->b.rec))
			break;
		keep_record(d);
		rr_progress_of_reader(&progress, d->a.reader);
	}
	rr_progress_end(&progress);
	*broken = d->a.ret < 0 ? d->a.reader : d->b.reader;
	if (d->a.ret < 0 || d->b.ret < 0)
		return MIN(d->a.ret, d->b.ret);
	d->parted = d->a.ret || d->b.ret;
	if (d->a.ret && d->b.ret)
		diff_records(d->fields, &d->a.rec, &d->b.rec);
	return 0;
}

static int compare(struct diff *d, struct rrlog_reader **broken)
{
	int err;

	diff_manifests(d->manifest, d->a.reader, d->b.reader, ignored);
	err = diff_pages(d->manifest, d->a.reader, d->b.reader, broken);
	return err ? err : compare_records(d, broken);
}

static bool is_equal(const struct diff *d)
{
	return !d->parted && !d->manifest->len;
}

static uint64_t parted_at(const struct diff *d)
{
	return d->a.ret ? d->a.number : d->b.number;
}

static uint64_t context_count(const struct diff *d)
{
	return MIN(d->equal_count, (uint64_t)context_records);
}

static const struct kept *context_record(const struct diff *d, uint64_t i)
{
	uint64_t n = d->equal_count - context_count(d) + i;

	return &d->context[n % (uint64_t)context_records];
}

/* ---- text ---- */

/* Print part of a value: all of a long one would fill the screen. */
static void print_part(const char *value, size_t at)
{
	size_t bytes = strlen(value);
	char *part = g_strndup(value + at, SHOWN_BYTES);

	if (at)
		printf("(from byte %zu on) ", at);
	rr_print_safe(part);
	if (bytes > at + SHOWN_BYTES)
		printf(" (%zu bytes in all)", bytes);
	g_free(part);
}

static void print_value(char side, const char *value, size_t at)
{
	printf("  %c ", side);
	if (value)
		print_part(value, at);
	else
		printf("(none)");
	printf("\n");
}

/*
 * Returns where to start printing: long values from their first difference on.
 */
static size_t first_shown(const struct diff_item *item)
{
	size_t at = 0;

	if (!item->a || !item->b ||
	    (strlen(item->a) <= SHOWN_BYTES && strlen(item->b) <= SHOWN_BYTES))
		return 0;
	while (item->a[at] && item->a[at] == item->b[at])
		at++;
	/* Do not start inside a UTF-8 character. */
	while (at && (item->a[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static void print_items(const GPtrArray *items)
{
	guint i;

	for (i = 0; i < items->len; i++) {
		const struct diff_item *item = g_ptr_array_index(items, i);
		size_t at = first_shown(item);

		printf("differs: ");
		rr_print_safe(item->name);
		printf("\n");
		print_value('A', item->a, at);
		print_value('B', item->b, at);
	}
}

static void print_record(char mark, uint64_t number,
			 const struct rrlog_record *rec)
{
	GString *line = g_string_new(NULL);

	rr_record_text_line(line, number, rec, false);
	printf("%c %s\n", mark, line->str);
	g_string_free(line, TRUE);
}

static void print_side(char mark, const struct side *s)
{
	if (s->ret)
		print_record(mark, s->number, &s->rec);
	else
		printf("%c ends after %" PRIu64 " records (%s)\n", mark,
		       s->number,
		       rrlog_reader_is_complete(s->reader) ? "complete" :
							     "incomplete");
}

static void print_parting(const struct diff *d)
{
	uint64_t i;

	printf("the traces differ from record %" PRIu64 " on", parted_at(d));
	if (d->has_branches)
		printf("; the last landmark before it is at branch %" PRIu64,
		       d->branches);
	printf("\n");
	for (i = 0; i < context_count(d); i++) {
		const struct kept *k = context_record(d, i);

		print_record(' ', k->number, &k->rec);
	}
	print_side('A', &d->a);
	print_side('B', &d->b);
	print_items(d->fields);
}

static void print_text(const struct diff *d)
{
	print_items(d->manifest);
	if (d->parted)
		print_parting(d);
	else
		printf("%s: %" PRIu64 " records\n",
		       is_equal(d) ? "equal" : "the records are equal",
		       d->equal_count);
}

/* ---- JSON ---- */

static void add_items(JsonBuilder *b, const char *key, const GPtrArray *items)
{
	guint i;

	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	for (i = 0; i < items->len; i++) {
		const struct diff_item *item = g_ptr_array_index(items, i);

		json_builder_begin_object(b);
		rr_json_add_string(b, "name", item->name);
		rr_json_add_string(b, "a", item->a);
		rr_json_add_string(b, "b", item->b);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_side(JsonBuilder *b, const char *key, const struct side *s)
{
	json_builder_set_member_name(b, key);
	if (s->ret)
		rr_json_add_record(b, s->number, &s->rec,
				   RR_RECORD_TEXT_DATA_BYTES);
	else
		json_builder_add_null_value(b);
}

static void add_parting(JsonBuilder *b, const struct diff *d)
{
	uint64_t i;

	rr_json_add_u64(b, "parted_at", parted_at(d));
	if (d->has_branches)
		rr_json_add_u64(b, "branches_before", d->branches);
	json_builder_set_member_name(b, "context");
	json_builder_begin_array(b);
	for (i = 0; i < context_count(d); i++) {
		const struct kept *k = context_record(d, i);

		rr_json_add_record(b, k->number, &k->rec,
				   RR_RECORD_TEXT_DATA_BYTES);
	}
	json_builder_end_array(b);
	add_side(b, "a", &d->a);
	add_side(b, "b", &d->b);
	add_items(b, "fields", d->fields);
}

static void print_json(const struct diff *d)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	rr_json_add_bool(b, "equal", is_equal(d));
	rr_json_add_u64(b, "equal_records", d->equal_count);
	add_items(b, "manifest", d->manifest);
	if (d->parted)
		add_parting(b, d);
	json_builder_end_object(b);
	rr_json_print(b, true);
}

static int diff(struct diff *d)
{
	struct rrlog_reader *broken = NULL;
	int status;
	int err = compare(d, &broken);

	if (err)
		return rr_trace_fail(broken, err);
	if (as_json)
		print_json(d);
	else
		print_text(d);
	status = rr_output_finish();
	return status || is_equal(d) ? status : RR_EXIT_FAILURE;
}

static void ignore_more(const char *key)
{
	guint count = ignored ? g_strv_length(ignored) : 0;

	ignored = g_renew(char *, ignored, count + 2);
	ignored[count] = g_strdup(key);
	ignored[count + 1] = NULL;
}

int cmd_diff(int argc, char **argv)
{
	struct diff d = { 0 };
	int status = RR_EXIT_FAILURE;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	context_records = CLAMP(context_records, 0, MAX_CONTEXT);
	if (!compare_all)
		ignore_more("start.time");
	d.manifest = diff_items_new();
	d.fields = diff_items_new();
	d.context = g_new0(struct kept, context_records + 1);
	d.a.reader = rr_trace_open(argv[1], &status);
	if (d.a.reader)
		d.b.reader = rr_trace_open(argv[2], &status);
	if (d.b.reader) {
		/*
		 * Compare the checksums of bytes in images, which need not be
		 * here.
		 */
		rrlog_reader_set_fetch(d.a.reader, RRLOG_FETCH_BLOBS);
		rrlog_reader_set_fetch(d.b.reader, RRLOG_FETCH_BLOBS);
		status = diff(&d);
	}
	rrlog_reader_close(d.a.reader);
	rrlog_reader_close(d.b.reader);
	g_ptr_array_unref(d.manifest);
	g_ptr_array_unref(d.fields);
	g_free(d.context);
	g_strfreev(ignored);
	return status;
}
