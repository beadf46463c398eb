/*
 * rr-log diff: compare manifests, memory at the start, and records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static void free_item(gpointer data)
{
	struct diff_item *item = data;

	g_free(item->name);
	g_free(item->a);
	g_free(item->b);
	g_free(item);
}

GPtrArray *diff_items_new(void)
{
	return g_ptr_array_new_with_free_func(free_item);
}

void diff_items_add(GPtrArray *items, const char *name, char *a, char *b)
{
	struct diff_item item = { g_strdup(name), a, b };

	if (g_strcmp0(a, b)) {
		g_ptr_array_add(items, g_memdup2(&item, sizeof(item)));
		return;
	}
	g_free(item.name);
	g_free(a);
	g_free(b);
}

/* ---- manifests ---- */

static bool is_ignored(const char *key, char **ignored)
{
	return ignored && g_strv_contains((const char *const *)ignored, key);
}

static void diff_entries(GPtrArray *items, const struct rrlog_reader *a,
			 const struct rrlog_reader *b, char **ignored)
{
	const char *key;
	size_t i;

	for (i = 0; i < rrlog_reader_manifest_count(a); i++) {
		key = rrlog_reader_manifest_key(a, i);
		if (!is_ignored(key, ignored))
			diff_items_add(items, key,
				       g_strdup(rrlog_reader_manifest(a, key)),
				       g_strdup(rrlog_reader_manifest(b, key)));
	}
	for (i = 0; i < rrlog_reader_manifest_count(b); i++) {
		key = rrlog_reader_manifest_key(b, i);
		if (!is_ignored(key, ignored) && !rrlog_reader_manifest(a, key))
			diff_items_add(items, key, NULL,
				       g_strdup(rrlog_reader_manifest(b, key)));
	}
}

/* Returns "pc.ram, 4096 bytes", or NULL if there is no block @id. */
static char *describe_block(const struct rrlog_reader *r, uint32_t id)
{
	size_t i;

	for (i = 0; i < rrlog_reader_block_count(r); i++) {
		const struct rrlog_block *block = rrlog_reader_block(r, i);

		if (block->id == id)
			return g_strdup_printf("%s, %" PRIu64 " bytes",
					       block->name, block->size_bytes);
	}
	return NULL;
}

void diff_manifests(GPtrArray *items, const struct rrlog_reader *a,
		    const struct rrlog_reader *b, char **ignored)
{
	uint32_t id;

	diff_items_add(items, "state",
		       g_strdup(rrlog_reader_is_complete(a) ? "complete" :
							      "incomplete"),
		       g_strdup(rrlog_reader_is_complete(b) ? "complete" :
							      "incomplete"));
	for (id = 0; id < RRLOG_MAX_BLOCKS; id++) {
		char name[24];

		g_snprintf(name, sizeof(name), "block %" PRIu32, id);
		diff_items_add(items, name, describe_block(a, id),
			       describe_block(b, id));
	}
	diff_entries(items, a, b, ignored);
}

/* ---- the start state ---- */

/*
 * A sum over the pages of each block: it needs no memory per page, and the
 * order of the pages does not matter.  A zero page counts as a page that was
 * not stored.
 */
struct memory_sum {
	uint64_t count[RRLOG_MAX_BLOCKS];
	uint64_t sum[RRLOG_MAX_BLOCKS];
};

static int sum_page(void *opaque, uint32_t block, uint64_t page_index,
		    const void *page)
{
	static const uint8_t zero[RRLOG_PAGE_BYTES];
	struct memory_sum *m = opaque;

	if (!memcmp(page, zero, sizeof(zero)))
		return 0;
	m->count[block]++;
	m->sum[block] +=
		XXH3_64bits_withSeed(page, RRLOG_PAGE_BYTES, page_index);
	return 0;
}

static char *describe_memory(const struct memory_sum *m, uint32_t block)
{
	return g_strdup_printf("%" PRIu64 " pages that are not zero, digest "
			       "%016" PRIx64,
			       m->count[block], m->sum[block]);
}

int diff_pages(GPtrArray *items, struct rrlog_reader *a, struct rrlog_reader *b,
	       struct rrlog_reader **broken)
{
	struct memory_sum sum_a = { 0 }, sum_b = { 0 };
	uint32_t block;
	int err;

	*broken = a;
	err = rrlog_reader_for_each_page(a, sum_page, &sum_a);
	if (err)
		return err;
	*broken = b;
	err = rrlog_reader_for_each_page(b, sum_page, &sum_b);
	if (err)
		return err;
	*broken = NULL;
	for (block = 0; block < RRLOG_MAX_BLOCKS; block++) {
		char name[40];

		g_snprintf(name, sizeof(name), "start memory of block %" PRIu32,
			   block);
		diff_items_add(items, name, describe_memory(&sum_a, block),
			       describe_memory(&sum_b, block));
	}
	return 0;
}

/* ---- records ---- */

static bool same_data(const struct rrlog_record *a,
		      const struct rrlog_record *b)
{
	return a->data_bytes == b->data_bytes &&
	       (!a->data_bytes || !memcmp(a->data, b->data, a->data_bytes));
}

bool diff_same_record(const struct rrlog_record *a,
		      const struct rrlog_record *b)
{
	return a->type == b->type && a->stamp == b->stamp &&
	       a->output_bytes == b->output_bytes &&
	       a->output_hash == b->output_hash &&
	       a->landmark.branches == b->landmark.branches &&
	       !memcmp(a->landmark.regs, b->landmark.regs,
		       sizeof(a->landmark.regs)) &&
	       !memcmp(a->field, b->field, sizeof(a->field)) && same_data(a, b);
}

static void add_count(GPtrArray *items, const char *name, uint64_t a,
		      uint64_t b)
{
	if (a != b)
		diff_items_add(items, name, g_strdup_printf("%" PRIu64, a),
			       g_strdup_printf("%" PRIu64, b));
}

static void add_value(GPtrArray *items, const char *name, uint64_t a,
		      uint64_t b)
{
	if (a != b)
		diff_items_add(items, name, g_strdup_printf("0x%" PRIx64, a),
			       g_strdup_printf("0x%" PRIx64, b));
}

static char *describe_stamp(const struct rrlog_record *rec)
{
	return g_strdup(rec->stamp == RRLOG_AT_LANDMARK ? "landmark" :
							  "access");
}

static void diff_landmarks(GPtrArray *items, const struct rrlog_record *a,
			   const struct rrlog_record *b)
{
	unsigned int i;

	diff_items_add(items, "at", describe_stamp(a), describe_stamp(b));
	if (a->stamp != b->stamp)
		return;
	add_count(items, "branches", a->landmark.branches,
		  b->landmark.branches);
	for (i = 0; i < RR_REG_COUNT; i++)
		add_value(items, rr_reg_name((enum rr_reg)i),
			  a->landmark.regs[i], b->landmark.regs[i]);
}

/* The length, and bytes from @at, the first that differs. */
static char *describe_data(const struct rrlog_record *rec, size_t at)
{
	const uint8_t *bytes = rec->data;
	GString *text = g_string_new(NULL);
	size_t i;

	g_string_printf(text, "%zu bytes", rec->data_bytes);
	if (at < rec->data_bytes)
		g_string_append_printf(text, ", from byte %zu on ", at);
	for (i = at; i < rec->data_bytes && i < at + 8; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	if (i < rec->data_bytes)
		g_string_append(text, "...");
	return g_string_free(text, FALSE);
}

static void diff_data(GPtrArray *items, const struct rrlog_record *a,
		      const struct rrlog_record *b)
{
	const uint8_t *x = a->data, *y = b->data;
	size_t least = MIN(a->data_bytes, b->data_bytes);
	size_t at = 0;

	if (same_data(a, b))
		return;
	while (at < least && x[at] == y[at])
		at++;
	diff_items_add(items, "data", describe_data(a, at),
		       describe_data(b, at));
}

void diff_records(GPtrArray *items, const struct rrlog_record *a,
		  const struct rrlog_record *b)
{
	const struct rrlog_type_info *info = rrlog_type_info(a->type);
	unsigned int i;

	diff_items_add(items, "type", g_strdup(info->name),
		       g_strdup(rrlog_type_info(b->type)->name));
	add_value(items, "output_bytes", a->output_bytes, b->output_bytes);
	add_value(items, "output_hash", a->output_hash, b->output_hash);
	diff_landmarks(items, a, b);
	if (a->type != b->type)
		return; /* the fields have other meanings */
	for (i = 0; i < info->field_count; i++)
		add_value(items, info->fields[i], a->field[i], b->field[i]);
	diff_data(items, a, b);
}
