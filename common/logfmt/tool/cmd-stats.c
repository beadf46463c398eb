/*
 * rr-log stats: the command, and its output as text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/trace.h"
#include "common/logfmt/tool/commands.h"

#define NS_PER_S 1e9

static gboolean as_json;

static const GOptionEntry entries[] = {
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE",
	.argument_count = 1,
	.summary = "Counts records and bytes by record type, and over host "
		   "time; shows what compression\nsaved, and the most used "
		   "ports, addresses, MSRs and interrupt vectors.",
};

static void print_type(const char *name, const struct type_stats *t)
{
	printf("%-12s %11" PRIu64 " %13" PRIu64 " %11" PRIu64 " %14" PRIu64
	       " %13" PRIu64 "\n",
	       name, t->count, t->encoded_bytes, t->landmark_count,
	       t->landmark_bytes, t->data_bytes);
}

static void print_types(const struct stats *s)
{
	unsigned int i;

	printf("%-12s %11s %13s %11s %14s %13s\n", "type", "records",
	       "encoded bytes", "landmarks", "landmark bytes", "data bytes");
	for (i = 0; i < STATS_TYPES; i++) {
		if (s->types[i].count)
			print_type(rrlog_type_info(i)->name, &s->types[i]);
	}
	print_type("all", &s->total);
}

static void print_gain(const char *what, uint64_t raw, uint64_t stored)
{
	printf("%s: %" PRIu64 " bytes stored in %" PRIu64, what, raw, stored);
	if (stored)
		printf(" (%.2f to 1)", (double)raw / (double)stored);
	printf("\n");
}

static void print_sizes(const struct stats *s)
{
	printf("\n%" PRIu64 " records in %" PRIu64 " frames; %" PRIu64
	       " branches at the last landmark\n",
	       s->end.record_count, s->end.frame_count, s->branches);
	print_gain("records", s->end.raw_bytes, s->end.stored_bytes);
	print_gain("pages", s->page_count * RRLOG_PAGE_BYTES,
		   s->end.pages_file_bytes);
	if (s->end.skipped_count)
		printf("%" PRIu64
		       " optional records of a later version were skipped\n",
		       s->end.skipped_count);
}

static void print_rate(uint64_t count, uint64_t ns)
{
	if (ns)
		printf(" %12.0f", (double)count * NS_PER_S / (double)ns);
	else
		printf(" %12s", "-");
}

static void print_intervals(const struct stats *s)
{
	unsigned int i;

	printf("\nby host time, %.3f s:\n%9s %11s %13s %12s %12s\n",
	       (double)s->time_ns / NS_PER_S, "from s", "records",
	       "stored bytes", "records/s", "bytes/s");
	for (i = 0; i < stats_interval_count(s); i++) {
		const struct interval *t = &s->intervals[i];
		uint64_t ns = stats_interval_ns(s, i);

		printf("%9.3f %11" PRIu64 " %13" PRIu64,
		       (double)i * (double)s->interval_ns / NS_PER_S, t->count,
		       t->stored_bytes);
		print_rate(t->count, ns);
		print_rate(t->stored_bytes, ns);
		printf("\n");
	}
}

static void print_addresses(const struct stats *s,
			    const struct address_kind *kind)
{
	GList *addresses = stats_addresses(s, kind->type);
	unsigned int n = 0;
	GList *i;

	if (addresses)
		printf("\n%s, of %u:%*s %11s %13s\n", kind->title,
		       g_list_length(addresses), 1, "", "records",
		       "encoded bytes");
	for (i = addresses; i && n < STATS_TOP; i = i->next, n++) {
		const struct address_stats *p = i->data;

		printf("  0x%-16" PRIx64 " %11" PRIu64 " %13" PRIu64 "\n",
		       p->address, p->count, p->encoded_bytes);
	}
	g_list_free(addresses);
}

void stats_print_text(const struct stats *s)
{
	unsigned int i;

	print_types(s);
	print_sizes(s);
	print_intervals(s);
	for (i = 0; i < stats_address_kind_count; i++)
		print_addresses(s, &stats_address_kinds[i]);
	if (s->other_addresses)
		printf("\n%" PRIu64
		       " records at addresses that were not counted\n",
		       s->other_addresses);
}

int cmd_stats(int argc, char **argv)
{
	struct rrlog_reader *r;
	struct stats *s;
	int status, err;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	r = rr_trace_open(argv[1], &status);
	if (!r)
		return status;
	s = g_new0(struct stats, 1);
	rrlog_reader_set_fetch(r, 0);
	err = stats_collect(s, r);
	if (!err && as_json)
		stats_print_json(r, s);
	else if (!err)
		stats_print_text(s);
	status = err ? rr_trace_fail(r, err) : rr_output_finish();
	g_hash_table_unref(s->addresses);
	g_free(s);
	rrlog_reader_close(r);
	return status;
}
