/*
 * JSON, as the commands print it; see json.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"

#include <inttypes.h>
#include <stdio.h>

void rr_json_add_u64(JsonBuilder *b, const char *key, uint64_t value)
{
	char text[24];

	json_builder_set_member_name(b, key);
	if (value <= INT64_MAX) {
		json_builder_add_int_value(b, (gint64)value);
		return;
	}
	g_snprintf(text, sizeof(text), "%" PRIu64, value);
	json_builder_add_string_value(b, text);
}

void rr_json_add_hex(JsonBuilder *b, const char *key, uint64_t value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "0x%" PRIx64, value);
	rr_json_add_string(b, key, text);
}

void rr_json_add_string(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	if (value)
		json_builder_add_string_value(b, value);
	else
		json_builder_add_null_value(b);
}

void rr_json_add_bool(JsonBuilder *b, const char *key, bool value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_boolean_value(b, value);
}

void rr_json_add_double(JsonBuilder *b, const char *key, double value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_double_value(b, value);
}

/*
 * JSON-GLib prints U+007F and all above as they are, and a terminal obeys some
 * of these.  They can only be inside strings, where escapes may replace them.
 */
static void print_safe_json(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *p;

	for (p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c < 0x7f || (c >= 0xa0 && g_unichar_isprint(c)))
			g_string_append_unichar(out, c);
		else if (c < 0x10000)
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_printf(out, "\\u%04x\\u%04x",
					       0xd800 + ((c - 0x10000) >> 10),
					       0xdc00 +
						       ((c - 0x10000) & 0x3ff));
	}
	puts(out->str);
	g_string_free(out, TRUE);
}

static bool is_ascii(const char *text)
{
	const char *p = text;

	while (*p > 0 && *p < 0x7f)
		p++;
	return !*p;
}

void rr_json_print(JsonBuilder *b, bool pretty)
{
	JsonNode *root = json_builder_get_root(b);
	char *text = json_to_string(root, pretty);

	if (is_ascii(text))
		puts(text);
	else
		print_safe_json(text);
	g_free(text);
	json_node_unref(root);
	g_object_unref(b);
}

bool rr_json_write(JsonBuilder *b, const char *path, GError **error)
{
	JsonNode *root = json_builder_get_root(b);
	g_autofree char *json = json_to_string(root, true);
	g_autofree char *text = g_strconcat(json, "\n", NULL);

	json_node_unref(root);
	g_object_unref(b);
	return g_file_set_contents(path, text, -1, error);
}
