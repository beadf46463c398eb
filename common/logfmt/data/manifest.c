/*
 * Making and formatting a manifest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/manifest.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"

void rrlog_manifest_init(struct rrlog_manifest *m)
{
	memset(m, 0, sizeof(*m));
	m->keys = g_ptr_array_new();
	m->values =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void rrlog_manifest_free(struct rrlog_manifest *m)
{
	if (m->keys)
		g_ptr_array_unref(m->keys);
	if (m->values)
		g_hash_table_unref(m->values);
	g_free(m->blocks);
	memset(m, 0, sizeof(*m));
}

int rrlog_manifest_set(struct rrlog_manifest *m, const char *key,
		       const char *value)
{
	char *own_key;

	if (!g_utf8_validate(key, -1, NULL) ||
	    !g_utf8_validate(value, -1, NULL))
		return -EILSEQ;
	own_key = g_strdup(key);
	if (!g_hash_table_contains(m->values, key))
		g_ptr_array_add(m->keys, own_key);
	g_hash_table_insert(m->values, own_key, g_strdup(value));
	return 0;
}

static bool block_is_sane(const struct rrlog_block *block)
{
	return block->id < RRLOG_MAX_BLOCKS &&
	       memchr(block->name, 0, sizeof(block->name)) &&
	       g_utf8_validate(block->name, -1, NULL) && block->size_bytes &&
	       block->size_bytes <= RRLOG_BLOCK_MAX_BYTES &&
	       block->size_bytes % RRLOG_PAGE_BYTES == 0;
}

const struct rrlog_block *
rrlog_manifest_find_block(const struct rrlog_manifest *m, uint32_t id)
{
	size_t i;

	for (i = 0; i < m->block_count; i++) {
		if (m->blocks[i].id == id)
			return &m->blocks[i];
	}
	return NULL;
}

int rrlog_manifest_add_block(struct rrlog_manifest *m,
			     const struct rrlog_block *block)
{
	if (!block_is_sane(block))
		return -EINVAL;
	if (rrlog_manifest_find_block(m, block->id))
		return -EEXIST;
	m->blocks = g_renew(struct rrlog_block, m->blocks, m->block_count + 1);
	m->blocks[m->block_count++] = *block;
	return 0;
}

/* The JSON parser recurses at each opening bracket: this bounds its stack. */
bool rrlog_manifest_is_flat(const char *text, size_t bytes)
{
	size_t brackets = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		brackets += text[i] == '[' || text[i] == '{';
	return bytes <= RRLOG_MANIFEST_MAX_BYTES &&
	       brackets <= RRLOG_MANIFEST_MAX_BRACKETS;
}

static void add_string(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_string_value(b, value);
}

static void add_u64(JsonBuilder *b, const char *key, uint64_t value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, (gint64)value);
}

static void add_checksum(JsonBuilder *b, uint32_t checksum)
{
	char hex[9];

	g_snprintf(hex, sizeof(hex), "%08x", checksum);
	add_string(b, "checksum", hex);
}

static void add_identity(JsonBuilder *b, const struct rrlog_manifest *m,
			 const char *format)
{
	GString *hex = g_string_new(NULL);
	size_t i;

	for (i = 0; i < sizeof(m->trace_id); i++)
		g_string_append_printf(hex, "%02x", m->trace_id[i]);
	add_string(b, "format", format);
	add_u64(b, "version", RRLOG_FORMAT_VERSION);
	add_string(b, "trace_id", hex->str);
	g_string_free(hex, TRUE);
}

static void add_pages(JsonBuilder *b, const struct rrlog_manifest *m)
{
	json_builder_set_member_name(b, "pages");
	json_builder_begin_object(b);
	add_u64(b, "bytes", m->pages_bytes);
	add_checksum(b, m->pages_chain);
	json_builder_end_object(b);
}

static void add_blocks(JsonBuilder *b, const struct rrlog_manifest *m)
{
	size_t i;

	json_builder_set_member_name(b, "blocks");
	json_builder_begin_array(b);
	for (i = 0; i < m->block_count; i++) {
		json_builder_begin_object(b);
		add_u64(b, "id", m->blocks[i].id);
		add_string(b, "name", m->blocks[i].name);
		add_u64(b, "bytes", m->blocks[i].size_bytes);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_entries(JsonBuilder *b, const struct rrlog_manifest *m)
{
	guint i;

	json_builder_set_member_name(b, "entries");
	json_builder_begin_object(b);
	for (i = 0; i < m->keys->len; i++) {
		const char *key = g_ptr_array_index(m->keys, i);

		add_string(b, key, g_hash_table_lookup(m->values, key));
	}
	json_builder_end_object(b);
}

uint32_t rrlog_manifest_entries_checksum(const struct rrlog_manifest *m)
{
	uint32_t checksum = 0;
	guint i;

	for (i = 0; i < m->keys->len; i++) {
		const char *key = g_ptr_array_index(m->keys, i);
		const char *value = g_hash_table_lookup(m->values, key);

		checksum =
			rrlog_checksum_continue(checksum, key, strlen(key) + 1);
		checksum = rrlog_checksum_continue(checksum, value,
						   strlen(value) + 1);
	}
	return checksum;
}

/* The text of the object that @b has begun; frees @b. */
static char *finish_text(JsonBuilder *b, size_t *bytes)
{
	JsonNode *root;
	char *json, *text;

	json_builder_end_object(b);
	root = json_builder_get_root(b);
	json = json_to_string(root, TRUE);
	text = g_strconcat(json, "\n", NULL);
	g_free(json);
	json_node_unref(root);
	g_object_unref(b);

	*bytes = strlen(text);
	if (rrlog_manifest_is_flat(text, *bytes))
		return text;
	g_free(text);
	return NULL;
}

char *rrlog_manifest_format(const struct rrlog_manifest *m, size_t *bytes)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	add_identity(b, m, RRLOG_MANIFEST_FORMAT);
	add_pages(b, m);
	add_blocks(b, m);
	add_entries(b, m);
	return finish_text(b, bytes);
}

char *rrlog_manifest_format_end(const struct rrlog_manifest *m, size_t *bytes)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	add_identity(b, m, RRLOG_MANIFEST_END_FORMAT);
	add_checksum(b, rrlog_manifest_entries_checksum(m));
	add_entries(b, m);
	return finish_text(b, bytes);
}
