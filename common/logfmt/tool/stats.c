/*
 * rr-log stats: counts and sizes by record type, and where reads go.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tool.h"

#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#define TYPE_LIMIT 256
#define TOP_COUNT 10
#define MAX_PLACES 65536 /* ports and addresses that are told apart */
#define NS_PER_S 1e9

static gboolean as_json;

static const GOptionEntry options[] = {
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
	G_OPTION_ENTRY_NULL,
};

struct type_stats {
	uint64_t count;
	uint64_t landmark_count;
	uint64_t encoded_bytes;
	uint64_t data_bytes;
};

/* Reads of one port or address. */
struct place {
	uint8_t type;
	uint64_t address;
	uint64_t count;
};

struct stats {
	struct type_stats types[TYPE_LIMIT];
	GHashTable *places; /* struct place, by type and address */
	uint64_t other_places;
	uint64_t branches;
	struct rrlog_reader_position end;
};

static guint place_hash(gconstpointer key)
{
	const struct place *p = key;

	return g_int64_hash(&p->address) ^ p->type;
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
	const struct place *x = a, *y = b;

	return x->type == y->type && x->address == y->address;
}

static void count_place(struct stats *s, const struct rrlog_record *rec)
{
	struct place key = { .type = rec->type, .address = rec->field[0] };
	struct place *place;

	if (rec->type != RRLOG_PIO_READ && rec->type != RRLOG_MMIO_READ)
		return;
	place = g_hash_table_lookup(s->places, &key);
	if (!place && g_hash_table_size(s->places) >= MAX_PLACES) {
		s->other_places++;
		return;
	}
	if (!place) {
		place = g_memdup2(&key, sizeof(key));
		g_hash_table_add(s->places, place);
	}
	place->count++;
}

static int collect(struct rrlog_reader *r, struct stats *s)
{
	struct rrlog_record rec;
	int ret;

	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		struct type_stats *t = &s->types[rec.type];

		rrlog_reader_position(r, &s->end);
		t->count++;
		t->encoded_bytes += s->end.record_bytes;
		t->data_bytes += rec.data_bytes;
		if (rec.stamp == RRLOG_AT_LANDMARK) {
			t->landmark_count++;
			s->branches = rec.landmark.branches;
		}
		count_place(s, &rec);
	}
	rrlog_reader_position(r, &s->end);
	return ret;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
	const struct place *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* All places, the most read first; free with g_list_free(). */
static GList *sorted_places(const struct stats *s)
{
	return g_list_sort(g_hash_table_get_keys(s->places), compare_places);
}

static double seconds(const struct stats *s)
{
	return (double)s->end.frame_time_ns / NS_PER_S;
}

static double ratio(const struct stats *s)
{
	return s->end.stored_bytes ? (double)s->end.raw_bytes /
					     (double)s->end.stored_bytes :
				     0;
}

/* ---- text ---- */

static void print_types(const struct stats *s)
{
	unsigned int i;

	printf("%-12s %12s %12s %14s %14s\n", "type", "records", "landmarks",
	       "encoded bytes", "data bytes");
	for (i = 0; i < TYPE_LIMIT; i++) {
		const struct type_stats *t = &s->types[i];

		if (t->count)
			printf("%-12s %12" PRIu64 " %12" PRIu64 " %14" PRIu64
			       " %14" PRIu64 "\n",
			       rrlog_type_info(i)->name, t->count,
			       t->landmark_count, t->encoded_bytes,
			       t->data_bytes);
	}
}

static void print_text(const struct stats *s)
{
	GList *places = sorted_places(s);
	unsigned int n = 0;
	GList *i;

	print_types(s);
	printf("\n%" PRIu64 " records in %" PRIu64 " frames; %" PRIu64
	       " bytes stored in %" PRIu64 " (%.2f to 1)\n",
	       s->end.record_count, s->end.frame_count, s->end.raw_bytes,
	       s->end.stored_bytes, ratio(s));
	printf("%" PRIu64 " branches at the last landmark\n", s->branches);
	if (s->end.frame_time_ns)
		printf("%.1f s of host time: %.0f records/s, %.0f bytes/s\n",
		       seconds(s), (double)s->end.record_count / seconds(s),
		       (double)s->end.stored_bytes / seconds(s));
	if (places)
		printf("\nmost read:\n");
	for (i = places; i && n < TOP_COUNT; i = i->next, n++) {
		const struct place *p = i->data;

		printf("  %-10s 0x%-16" PRIx64 " %12" PRIu64 "\n",
		       rrlog_type_info(p->type)->name, p->address, p->count);
	}
	g_list_free(places);
}

/* ---- JSON ---- */

static void add_u64(JsonBuilder *b, const char *key, uint64_t value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, (gint64)value);
}

static void add_types(JsonBuilder *b, const struct stats *s)
{
	unsigned int i;

	json_builder_set_member_name(b, "types");
	json_builder_begin_object(b);
	for (i = 0; i < TYPE_LIMIT; i++) {
		const struct type_stats *t = &s->types[i];

		if (!t->count)
			continue;
		json_builder_set_member_name(b, rrlog_type_info(i)->name);
		json_builder_begin_object(b);
		add_u64(b, "records", t->count);
		add_u64(b, "landmarks", t->landmark_count);
		add_u64(b, "encoded_bytes", t->encoded_bytes);
		add_u64(b, "data_bytes", t->data_bytes);
		json_builder_end_object(b);
	}
	json_builder_end_object(b);
}

static void add_places(JsonBuilder *b, const struct stats *s)
{
	GList *places = sorted_places(s);
	unsigned int n = 0;
	GList *i;

	json_builder_set_member_name(b, "most_read");
	json_builder_begin_array(b);
	for (i = places; i && n < TOP_COUNT; i = i->next, n++) {
		const struct place *p = i->data;
		char address[24];

		json_builder_begin_object(b);
		json_builder_set_member_name(b, "type");
		json_builder_add_string_value(b, rrlog_type_info(p->type)->name);
		g_snprintf(address, sizeof(address), "0x%" PRIx64, p->address);
		json_builder_set_member_name(b, "address");
		json_builder_add_string_value(b, address);
		add_u64(b, "records", p->count);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	g_list_free(places);
}

static void print_json(const struct rrlog_reader *r, const struct stats *s)
{
	JsonBuilder *b = json_builder_new();
	JsonNode *root;
	char *text;

	json_builder_begin_object(b);
	json_builder_set_member_name(b, "complete");
	json_builder_add_boolean_value(b, rrlog_reader_is_complete(r));
	add_u64(b, "records", s->end.record_count);
	add_u64(b, "frames", s->end.frame_count);
	add_u64(b, "raw_bytes", s->end.raw_bytes);
	add_u64(b, "stored_bytes", s->end.stored_bytes);
	add_u64(b, "torn_bytes", rrlog_reader_torn_bytes(r));
	add_u64(b, "pages_bytes", s->end.pages_file_bytes);
	add_u64(b, "branches", s->branches);
	add_u64(b, "host_time_ns", s->end.frame_time_ns);
	add_types(b, s);
	add_places(b, s);
	json_builder_end_object(b);
	root = json_builder_get_root(b);
	text = json_to_string(root, TRUE);
	printf("%s\n", text);
	g_free(text);
	json_node_unref(root);
	g_object_unref(b);
}

int tool_stats(int argc, char **argv)
{
	struct rrlog_reader *r;
	struct stats *s;
	char *trace;
	int status, err;

	if (!tool_parse(argc, argv, options,
			"Prints counts and sizes by record type.", &trace))
		return TOOL_FAILED;
	r = tool_open(trace, &status);
	if (!r)
		return status;
	s = g_new0(struct stats, 1);
	s->places = g_hash_table_new_full(place_hash, place_equal, g_free,
					  NULL);
	rrlog_reader_set_resolve(r, 0);
	err = collect(r, s);
	if (!err && as_json)
		print_json(r, s);
	else if (!err)
		print_text(s);
	status = err ? tool_fail(r, err) : tool_finish();
	g_hash_table_unref(s->places);
	g_free(s);
	rrlog_reader_close(r);
	return status;
}
