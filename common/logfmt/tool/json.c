/*
 * JSON output of the commands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

void tool_add_u64(JsonBuilder *b, const char *key, uint64_t value)
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

void tool_add_hex(JsonBuilder *b, const char *key, uint64_t value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "0x%" PRIx64, value);
	tool_add_string(b, key, text);
}

void tool_add_string(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	if (value)
		json_builder_add_string_value(b, value);
	else
		json_builder_add_null_value(b);
}

void tool_add_bool(JsonBuilder *b, const char *key, bool value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_boolean_value(b, value);
}

void tool_print_json(JsonBuilder *b, bool pretty)
{
	JsonNode *root = json_builder_get_root(b);
	char *text = json_to_string(root, pretty);

	printf("%s\n", text);
	g_free(text);
	json_node_unref(root);
	g_object_unref(b);
}
