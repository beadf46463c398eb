/*
 * The rules for elements of a domain that cannot be recorded as they are; see
 * rules.h and rules.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/rules.h"

#include <stdarg.h>

#include "common/cli/message.h"

enum where { ANY, LAB, HOST, ALONE };
enum action { DROP, SET, REFUSE };

static const struct rule {
	enum where where;
	enum action action;
	const char *xpath, *value, *what, *why;
} rules[] = {
#define RULE(...) { __VA_ARGS__ },
#include "kvm-record/libvirt/rules.def"
};

/* An attribute has no line of its own. */
static long line_of(const xmlNode *node)
{
	if (node->type == XML_ATTRIBUTE_NODE)
		node = node->parent;
	return xmlGetLineNo((xmlNode *)node);
}

void rr_rules_note(GPtrArray *changes, const xmlNode *node, const char *format,
		   ...)
{
	GString *text = g_string_new(NULL);
	va_list args;

	if (node)
		g_string_printf(text, "line %ld: ", line_of(node));
	va_start(args, format);
	g_string_append_vprintf(text, format, args);
	va_end(args);
	g_ptr_array_add(changes, g_string_free(text, FALSE));
}

void rr_rules_drop(xmlNode *node)
{
	if (node->type == XML_ATTRIBUTE_NODE) {
		xmlRemoveProp((xmlAttrPtr)node);
		return;
	}
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static void set(xmlNode *node, const char *value)
{
	if (node->type == XML_ATTRIBUTE_NODE)
		xmlSetProp(node->parent, node->name, BAD_CAST value);
	else
		xmlNodeSetContent(node, BAD_CAST value);
}

static void change(xmlNode *node, const struct rule *r, GPtrArray *changes)
{
	if (r->what && r->action == SET)
		rr_rules_note(changes, node, "%s becomes '%s': %s", r->what,
			      r->value, r->why);
	else if (r->what)
		rr_rules_note(changes, node, "%s is left out: %s", r->what,
			      r->why);
	if (r->action == SET)
		set(node, r->value);
	else
		rr_rules_drop(node);
}

static bool apply(xmlDoc *doc, const struct rule *r, GPtrArray *changes,
		  GError **error)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, r->xpath);
	guint i;

	for (i = 0; i < found->len; i++) {
		xmlNode *node = found->pdata[i];

		if (r->action == REFUSE) {
			rr_set_error(error,
				     "line %ld: %s cannot be recorded: %s",
				     line_of(node), r->what, r->why);
			return false;
		}
		change(node, r, changes);
	}
	return true;
}

static bool applies(enum where where, const struct rr_rewrite *how)
{
	switch (where) {
	case LAB:
		return how->lab;
	case HOST:
		return !how->lab;
	case ALONE:
		return how->lab || !how->daemon;
	case ANY:
		break;
	}
	return true;
}

bool rr_rules_apply(xmlDoc *doc, const struct rr_rewrite *how,
		    GPtrArray *changes, GError **error)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (!applies(rules[i].where, how))
			continue;
		if (!apply(doc, &rules[i], changes, error))
			return false;
	}
	return true;
}
