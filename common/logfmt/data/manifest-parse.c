/*
 * Parsing a manifest, which is not trusted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/manifest.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>

static JsonNode *get_node(JsonObject *object, const char *key,
			  JsonNodeType type)
{
	JsonNode *node = json_object_get_member(object, key);

	return node && JSON_NODE_TYPE(node) == type ? node : NULL;
}

static const char *get_string(JsonObject *object, const char *key)
{
	JsonNode *node = get_node(object, key, JSON_NODE_VALUE);

	if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
		return NULL;
	return json_node_get_string(node);
}

static bool get_u64(JsonObject *object, const char *key, uint64_t *value)
{
	JsonNode *node = get_node(object, key, JSON_NODE_VALUE);

	if (!node || json_node_get_value_type(node) != G_TYPE_INT64 ||
	    json_node_get_int(node) < 0)
		return false;
	*value = (uint64_t)json_node_get_int(node);
	return true;
}

static JsonObject *get_object(JsonObject *object, const char *key)
{
	JsonNode *node = get_node(object, key, JSON_NODE_OBJECT);

	return node ? json_node_get_object(node) : NULL;
}

static bool get_hex(JsonObject *object, const char *key, uint8_t *out,
		    size_t bytes)
{
	const char *text = get_string(object, key);
	size_t i;

	if (!text || strlen(text) != 2 * bytes)
		return false;
	for (i = 0; i < bytes; i++) {
		int high = g_ascii_xdigit_value(text[2 * i]);
		int low = g_ascii_xdigit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static const char *parse_pages(struct rrlog_manifest *m, JsonObject *root)
{
	JsonObject *pages = get_object(root, "pages");
	uint32_t chain_be;

	if (!pages || !get_u64(pages, "bytes", &m->pages_bytes) ||
	    !get_hex(pages, "checksum", (uint8_t *)&chain_be, sizeof(chain_be)))
		return "\"pages\" is missing or wrong";
	m->pages_chain = GUINT32_FROM_BE(chain_be);
	return NULL;
}

static bool parse_block(struct rrlog_manifest *m, JsonNode *node)
{
	struct rrlog_block block = { 0 };
	JsonObject *object;
	const char *name;
	uint64_t id;

	if (!JSON_NODE_HOLDS_OBJECT(node))
		return false;
	object = json_node_get_object(node);
	name = get_string(object, "name");
	if (!name || strlen(name) >= sizeof(block.name))
		return false;
	if (!get_u64(object, "id", &id) || id >= RRLOG_MAX_BLOCKS ||
	    !get_u64(object, "bytes", &block.size_bytes))
		return false;
	block.id = (uint32_t)id;
	memcpy(block.name, name, strlen(name));
	return !rrlog_manifest_add_block(m, &block);
}

static const char *parse_blocks(struct rrlog_manifest *m, JsonObject *root)
{
	JsonNode *node = get_node(root, "blocks", JSON_NODE_ARRAY);
	JsonArray *array;
	guint i;

	if (!node)
		return "\"blocks\" is missing";
	array = json_node_get_array(node);
	for (i = 0; i < json_array_get_length(array); i++) {
		if (!parse_block(m, json_array_get_element(array, i)))
			return "\"blocks\" has an impossible block";
	}
	return NULL;
}

static const char *parse_entries(struct rrlog_manifest *m, JsonObject *root)
{
	JsonObject *entries = get_object(root, "entries");
	const char *wrong = NULL;
	GList *keys, *i;

	if (!entries)
		return "\"entries\" is missing";
	keys = json_object_get_members(entries);
	for (i = keys; i && !wrong; i = i->next) {
		const char *value = get_string(entries, i->data);

		if (!value || rrlog_manifest_set(m, i->data, value))
			wrong = "an entry is not a string";
	}
	g_list_free(keys);
	return wrong;
}

/* What is the same in every manifest. */
static int parse_identity(struct rrlog_manifest *m, JsonObject *root,
			  const char *expected_format, const char *name,
			  struct rrlog_error *error)
{
	const char *format = get_string(root, "format");
	uint64_t version;

	if (!format || strcmp(format, expected_format) ||
	    !get_u64(root, "version", &version))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: not the manifest of a trace",
				  name);
	if (version != RRLOG_FORMAT_VERSION)
		return rrlog_fail(
			error, -EPROTONOSUPPORT,
			"%s: format version %llu; this program reads version %u",
			name, (unsigned long long)version,
			RRLOG_FORMAT_VERSION);
	if (!get_hex(root, "trace_id", m->trace_id, sizeof(m->trace_id)))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: \"trace_id\" is missing or "
				  "wrong",
				  name);
	return 0;
}

typedef int parse_fn(struct rrlog_manifest *m, JsonObject *root,
		     const char *name, struct rrlog_error *error);

static int parse_root(struct rrlog_manifest *m, JsonObject *root,
		      const char *name, struct rrlog_error *error)
{
	int err = parse_identity(m, root, RRLOG_MANIFEST_FORMAT, name, error);
	const char *wrong;

	if (err)
		return err;
	wrong = parse_pages(m, root);
	if (!wrong)
		wrong = parse_blocks(m, root);
	if (!wrong)
		wrong = parse_entries(m, root);
	if (!wrong)
		return 0;
	return rrlog_fail(error, -EBADMSG, "%s: offset 0: %s", name, wrong);
}

static int parse_end_root(struct rrlog_manifest *m, JsonObject *root,
			  const char *name, struct rrlog_error *error)
{
	int err =
		parse_identity(m, root, RRLOG_MANIFEST_END_FORMAT, name, error);
	const char *wrong;
	uint32_t checksum_be;

	if (err)
		return err;
	wrong = parse_entries(m, root);
	if (!wrong && (!get_hex(root, "checksum", (uint8_t *)&checksum_be,
				sizeof(checksum_be)) ||
		       GUINT32_FROM_BE(checksum_be) !=
			       rrlog_manifest_entries_checksum(m)))
		wrong = "wrong checksum";
	if (!wrong)
		return 0;
	return rrlog_fail(error, -EBADMSG, "%s: offset 0: %s", name, wrong);
}

static int parse_text(struct rrlog_manifest *m, const char *text, size_t bytes,
		      const char *name, parse_fn *parse,
		      struct rrlog_error *error)
{
	JsonParser *parser;
	JsonNode *root;
	int err;

	if (!rrlog_manifest_is_flat(text, bytes))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: impossible size", name);
	if (memchr(text, 0, bytes) || !g_utf8_validate(text, bytes, NULL))
		return rrlog_fail(error, -EBADMSG,
				  "%s: offset 0: not UTF-8 text", name);
	parser = json_parser_new();
	err = -EBADMSG;
	if (!json_parser_load_from_data(parser, text, (gssize)bytes, NULL))
		goto out;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		goto out;
	err = parse(m, json_node_get_object(root), name, error);
out:
	g_object_unref(parser);
	if (err)
		rrlog_fail(error, err, "%s: offset 0: not JSON", name);
	return err;
}

int rrlog_manifest_parse(struct rrlog_manifest *m, const char *text,
			 size_t bytes, const char *name,
			 struct rrlog_error *error)
{
	return parse_text(m, text, bytes, name, parse_root, error);
}

int rrlog_manifest_parse_end(struct rrlog_manifest *m, const char *text,
			     size_t bytes, const char *name,
			     struct rrlog_error *error)
{
	return parse_text(m, text, bytes, name, parse_end_root, error);
}
