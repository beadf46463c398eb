/*
 * The network of a domain in the lab; see lab-network.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/lab-network.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "kvm-record/libvirt/rules.h"

/* libvirt's default for x86 (qemuDomainDefaultNetModel()). */
#define DEFAULT_MODEL "rtl8139"

/* The text of attribute @name of the child @element, or NULL. */
static char *attribute(xmlNode *nic, const char *element, const char *name)
{
	xmlNode *node;

	for (node = nic->children; node; node = node->next)
		if (xmlStrEqual(node->name, BAD_CAST element)) {
			xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);
			char *copy = g_strdup((const char *)found);

			xmlFree(found);
			return copy;
		}
	return NULL;
}

/* "virtio" and "virtio-transitional" are names of libvirt's, the others QEMU's. */
static char *device_of(const char *model)
{
	if (!g_str_has_prefix(model, "virtio"))
		return g_strdup(model);
	return g_strconcat("virtio-net-pci", model + strlen("virtio"), NULL);
}

static void add_member(JsonObject *card, const char *key, const char *value)
{
	if (value)
		json_object_set_string_member(card, key, value);
}

/* In JSON: QEMU makes the devices of other words before all of libvirt's. */
static void add_card(struct rr_vm *cards, xmlNode *nic, guint index)
{
	g_autofree char *model = attribute(nic, "model", "type");
	g_autofree char *mac = attribute(nic, "mac", "address");
	g_autofree char *boot = attribute(nic, "boot", "order");
	g_autofree char *driver = device_of(model ? model : DEFAULT_MODEL);
	g_autofree char *id = g_strdup_printf("rrnet%u", index);
	g_autofree char *netdev = g_strconcat("user,id=", id, NULL);
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	JsonObject *card = json_object_new();
	g_autofree char *text = NULL;

	json_node_take_object(root, card);
	add_member(card, "driver", driver);
	add_member(card, "netdev", id);
	add_member(card, "mac", mac);
	if (boot)
		json_object_set_int_member(card, "bootindex",
					   g_ascii_strtoll(boot, NULL, 10));
	text = json_to_string(root, FALSE);
	rr_vm_add(cards, "netdev", netdev);
	rr_vm_add(cards, "device", text);
}

void rr_lab_network(xmlDoc *doc, struct rr_vm *cards)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, "devices/interface");
	guint i;

	for (i = 0; i < found->len; i++) {
		add_card(cards, found->pdata[i], i);
		rr_rules_drop(found->pdata[i]);
	}
}
