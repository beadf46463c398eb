/*
 * rr-log stats: the output as JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/stats.h"

#include "common/cli/json.h"

static void add_type(JsonBuilder *b, const char *name,
		     const struct type_stats *t)
{
	json_builder_set_member_name(b, name);
	json_builder_begin_object(b);
	rr_json_add_u64(b, "records", t->count);
	rr_json_add_u64(b, "encoded_bytes", t->encoded_bytes);
	rr_json_add_u64(b, "landmarks", t->landmark_count);
	rr_json_add_u64(b, "landmark_bytes", t->landmark_bytes);
	rr_json_add_u64(b, "data_bytes", t->data_bytes);
	json_builder_end_object(b);
}

static void add_types(JsonBuilder *b, const struct stats *s)
{
	unsigned int i;

	json_builder_set_member_name(b, "types");
	json_builder_begin_object(b);
	for (i = 0; i < STATS_TYPES; i++) {
		if (s->types[i].count)
			add_type(b, rrlog_type_info(i)->name, &s->types[i]);
	}
	json_builder_end_object(b);
	add_type(b, "all", &s->total);
}

static void add_intervals(JsonBuilder *b, const struct stats *s)
{
	unsigned int i;

	json_builder_set_member_name(b, "intervals");
	json_builder_begin_array(b);
	for (i = 0; i < stats_interval_count(s); i++) {
		const struct interval *t = &s->intervals[i];

		json_builder_begin_object(b);
		rr_json_add_u64(b, "from_ns", i * s->interval_ns);
		rr_json_add_u64(b, "ns", stats_interval_ns(s, i));
		rr_json_add_u64(b, "records", t->count);
		rr_json_add_u64(b, "raw_bytes", t->raw_bytes);
		rr_json_add_u64(b, "stored_bytes", t->stored_bytes);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_top(JsonBuilder *b, const struct stats *s, unsigned int type)
{
	GList *addresses = stats_addresses(s, type);
	unsigned int n = 0;
	GList *i;

	json_builder_set_member_name(b, rrlog_type_info(type)->name);
	json_builder_begin_array(b);
	for (i = addresses; i && n < STATS_TOP; i = i->next, n++) {
		const struct address_stats *p = i->data;

		json_builder_begin_object(b);
		rr_json_add_hex(b, "address", p->address);
		rr_json_add_u64(b, "records", p->count);
		rr_json_add_u64(b, "encoded_bytes", p->encoded_bytes);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	g_list_free(addresses);
}

static void add_tops(JsonBuilder *b, const struct stats *s)
{
	unsigned int i;

	json_builder_set_member_name(b, "top");
	json_builder_begin_object(b);
	for (i = 0; i < stats_address_kind_count; i++)
		add_top(b, s, stats_address_kinds[i].type);
	json_builder_end_object(b);
	rr_json_add_u64(b, "places_not_counted_records", s->other_addresses);
}

void stats_print_json(const struct rrlog_reader *r, const struct stats *s)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	rr_json_add_bool(b, "complete", rrlog_reader_is_complete(r));
	rr_json_add_u64(b, "records", s->end.record_count);
	rr_json_add_u64(b, "skipped_records", s->end.skipped_count);
	rr_json_add_u64(b, "frames", s->end.frame_count);
	rr_json_add_u64(b, "raw_bytes", s->end.raw_bytes);
	rr_json_add_u64(b, "stored_bytes", s->end.stored_bytes);
	rr_json_add_u64(b, "torn_bytes", rrlog_reader_torn_bytes(r));
	rr_json_add_u64(b, "pages", s->page_count);
	rr_json_add_u64(b, "pages_raw_bytes", s->page_count * RRLOG_PAGE_BYTES);
	rr_json_add_u64(b, "pages_bytes", s->end.pages_file_bytes);
	rr_json_add_u64(b, "branches", s->branches);
	rr_json_add_u64(b, "host_time_ns", s->time_ns);
	add_types(b, s);
	add_intervals(b, s);
	add_tops(b, s);
	json_builder_end_object(b);
	rr_json_print(b, true);
}
