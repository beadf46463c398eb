/*
 * The parts of an option's value; see option-parts.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/option-parts.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* The members that a list begins with, without a key (qemu-options.hx). */
static const char *const bare[] = { "driver", "qom-type", "type", NULL };

struct collector {
	GStrvBuilder *parts;
	const char *prefix;
};

static void add_object(JsonObject *object, const char *prefix,
		       GStrvBuilder *parts);

static void add_value(GStrvBuilder *parts, const char *key, JsonNode *node)
{
	g_autofree char *value = NULL, *part = NULL;

	if (json_node_get_value_type(node) == G_TYPE_BOOLEAN)
		value = g_strdup(json_node_get_boolean(node) ? "on" : "off");
	else if (json_node_get_value_type(node) == G_TYPE_STRING)
		value = json_node_dup_string(node);
	else
		value = json_to_string(node, FALSE);
	if (g_strv_contains(bare, key)) {
		g_strv_builder_add(parts, value);
		return;
	}
	part = g_strconcat(key, "=", value, NULL);
	g_strv_builder_add(parts, part);
}

static void add_node(const char *key, JsonNode *node, GStrvBuilder *parts)
{
	JsonArray *array;
	guint i;

	if (JSON_NODE_HOLDS_OBJECT(node)) {
		add_object(json_node_get_object(node), key, parts);
		return;
	}
	if (!JSON_NODE_HOLDS_ARRAY(node)) {
		add_value(parts, key, node);
		return;
	}
	array = json_node_get_array(node);
	for (i = 0; i < json_array_get_length(array); i++) {
		g_autofree char *name = g_strdup_printf("%s.%u", key, i);

		add_node(name, json_array_get_element(array, i), parts);
	}
}

static void add_member(JsonObject *object, const char *name, JsonNode *node,
		       gpointer data)
{
	const struct collector *collector = data;
	g_autofree char *key =
		collector->prefix ?
			g_strconcat(collector->prefix, ".", name, NULL) :
			g_strdup(name);

	(void)object;
	add_node(key, node, collector->parts);
}

static void add_object(JsonObject *object, const char *prefix,
		       GStrvBuilder *parts)
{
	struct collector collector = { parts, prefix };

	json_object_foreach_member(object, add_member, &collector);
}

/* A list has its driver first. */
static void move_first(char **parts)
{
	char **part;

	for (part = parts; *part; part++)
		if (!strchr(*part, '=')) {
			char *driver = *part;

			memmove(parts + 1, parts,
				(size_t)(part - parts) * sizeof(*parts));
			*parts = driver;
			return;
		}
}

char **rr_option_parts(const char *value)
{
	g_autoptr(JsonNode) root = NULL;
	g_autoptr(GStrvBuilder) parts = NULL;
	char **list;

	if (*value == '{')
		root = json_from_string(value, NULL);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return g_strsplit(value, ",", -1);
	parts = g_strv_builder_new();
	add_object(json_node_get_object(root), NULL, parts);
	list = g_strv_builder_end(parts);
	move_first(list);
	return list;
}
