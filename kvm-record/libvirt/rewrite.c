/*
 * From a domain to one that can be recorded; see rewrite.h.  What one row can
 * say is in rules.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/libvirt/machine-names.h"
#include "kvm-record/libvirt/rules.h"

static xmlNode *first(xmlDoc *doc, const char *xpath)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);

	return found->len ? found->pdata[0] : NULL;
}

static void drop_all(xmlDoc *doc, const char *xpath)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);
	guint i;

	for (i = 0; i < found->len; i++)
		rr_rules_drop(found->pdata[i]);
}

/* The child @name of @parent, made if it is missing. */
static xmlNode *child(xmlNode *parent, const char *name)
{
	xmlNode *node;

	for (node = parent->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
		    xmlStrEqual(node->name, BAD_CAST name))
			return node;
	return xmlNewChild(parent, NULL, BAD_CAST name, NULL);
}

static bool has_attribute(xmlNode *node, const char *name, const char *value)
{
	xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);
	bool equal = found && !strcmp((const char *)found, value);

	xmlFree(found);
	return equal;
}

static bool rewrite_vcpus(xmlDoc *doc, const struct rr_rewrite *how,
			  GPtrArray *changes, GError **error)
{
	g_autofree char *text = rr_domain_get(doc, "vcpu");
	xmlNode *node = first(doc, "vcpu");
	long count = text ? strtol(text, NULL, 10) : 1;

	if (count <= 1)
		return true;
	if (!how->one_vcpu) {
		rr_set_error(error,
			     "line %ld: a domain with %ld vCPUs cannot be "
			     "recorded; --vcpus 1 records it with one",
			     xmlGetLineNo(node), count);
		return false;
	}
	rr_rules_note(changes, node, "the domain gets 1 vCPU in place of %ld",
		      count);
	xmlNodeSetContent(node, BAD_CAST "1");
	/* All that names the others. */
	drop_all(doc, "vcpu/@current|vcpus|cpu/topology|cpu/numa|maxMemory|"
		      "cputune/vcpupin|cputune/vcpusched|cputune/cachetune|"
		      "cputune/memorytune|numatune/memnode");
	return true;
}

static void rewrite_machine(xmlDoc *doc, GPtrArray *changes)
{
	xmlNode *node = first(doc, "os/type[@machine]");
	g_autofree char *name = rr_domain_get(doc, "os/type/@machine");
	g_autofree char *nearest = name ? rr_machine_nearest(name) : NULL;

	if (!nearest)
		return;
	rr_rules_note(changes, node,
		      "the machine '%s' becomes '%s': the recorder's QEMU does "
		      "not have it",
		      name, nearest);
	xmlSetProp(node, BAD_CAST "machine", BAD_CAST nearest);
}

/* "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd" -> without the middle */
static void use_ordinary(xmlDoc *doc, const char *xpath)
{
	g_autofree char *name = rr_domain_get(doc, xpath);
	xmlNode *node = first(doc, xpath);
	GString *ordinary;

	if (!name)
		return;
	ordinary = g_string_new(name);
	g_string_replace(ordinary, ".secboot", "", 0);
	g_string_replace(ordinary, ".ms.", ".", 0);
	if (node->type == XML_ATTRIBUTE_NODE)
		xmlSetProp(node->parent, node->name, BAD_CAST ordinary->str);
	else
		xmlNodeSetContent(node, BAD_CAST ordinary->str);
	g_string_free(ordinary, TRUE);
}

/* The firmware that libvirt chooses for <os firmware='efi'>. */
static void choose_ordinary(xmlDoc *doc)
{
	xmlNode *os = first(doc, "os[@firmware='efi']");
	xmlNode *feature;

	if (!os)
		return;
	drop_all(doc, "os/firmware/feature");
	feature = xmlNewChild(child(os, "firmware"), NULL, BAD_CAST "feature",
			      NULL);
	xmlNewProp(feature, BAD_CAST "enabled", BAD_CAST "no");
	xmlNewProp(feature, BAD_CAST "name", BAD_CAST "secure-boot");
}

/* Secure boot needs system management mode, which is not recorded. */
static void rewrite_firmware(xmlDoc *doc, GPtrArray *changes)
{
	static const char secure[] =
		"os/loader[@secure='yes' or contains(.,'.secboot') or "
		"contains(.,'.ms.')]|os[@firmware='efi'][not(firmware/feature"
		"[@name='secure-boot' and @enabled='no'])]";
	xmlNode *node = first(doc, secure);

	if (!node)
		return;
	rr_rules_note(changes, node,
		      "UEFI is the ordinary one, without secure boot: system "
		      "management mode is not recorded");
	drop_all(doc, "os/loader/@secure");
	choose_ordinary(doc);
	use_ordinary(doc, "os/loader");
	use_ordinary(doc, "os/nvram/@template");
}

/* The recorder hides what cannot be replayed: no check can succeed. */
static void rewrite_cpu(xmlDoc *doc, bool lab, GPtrArray *changes)
{
	xmlNode *cpu = first(doc, "cpu");
	bool model, host;

	if (!cpu)
		return;
	model = has_attribute(cpu, "mode", "host-model");
	host = has_attribute(cpu, "mode", "host-passthrough");
	if (model || (host && lab)) {
		rr_rules_note(changes, cpu,
			      "the CPU '%s' becomes 'maximum': it has what the "
			      "recorder can show of this host's",
			      model ? "host-model" : "host-passthrough");
		xmlSetProp(cpu, BAD_CAST "mode", BAD_CAST "maximum");
		drop_all(doc, "cpu/model|cpu/vendor|cpu/@match");
	}
	if (first(doc, "cpu[@mode or model]"))
		xmlSetProp(cpu, BAD_CAST "check", BAD_CAST "none");
}

/* The lab has a network of QEMU's own only. */
static void isolate(xmlNode *nic, GPtrArray *changes)
{
	static const char *const kept[] = { "mac",	   "model", "address",
					    "boot",	   "rom",   "alias",
					    "portForward", NULL };
	xmlNode *node, *next;

	if (!has_attribute(nic, "type", "user"))
		rr_rules_note(changes, nic,
			      "<interface> becomes one of type 'user': nobody "
			      "outside can reach the lab");
	xmlSetProp(nic, BAD_CAST "type", BAD_CAST "user");
	for (node = nic->children; node; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE &&
		    !g_strv_contains(kept, (const char *)node->name))
			rr_rules_drop(node);
	}
}

/* Without a <driver> libvirt takes vhost, for a tap, where the host has it. */
static void avoid_vhost(xmlNode *nic, GPtrArray *changes)
{
	xmlNode *driver = child(nic, "driver");

	if (has_attribute(driver, "name", "qemu"))
		return;
	rr_rules_note(changes, nic,
		      "<interface> is one without vhost: the host's kernel "
		      "would write to the guest's memory");
	xmlSetProp(driver, BAD_CAST "name", BAD_CAST "qemu");
}

static void rewrite_interfaces(xmlDoc *doc, bool lab, GPtrArray *changes)
{
	g_autoptr(GPtrArray) found = rr_domain_find(
		doc,
		lab ? "devices/interface" :
		      "devices/interface[@type='network' or "
		      "@type='bridge' or @type='ethernet' or "
		      "@type='direct'][starts-with(model/@type,'virtio')]");
	guint i;

	for (i = 0; i < found->len; i++)
		if (lab)
			isolate(found->pdata[i], changes);
		else
			avoid_vhost(found->pdata[i], changes);
}

static void keep_disks(xmlDoc *doc)
{
	g_autoptr(GPtrArray) found = rr_domain_find(
		doc, "devices/disk[not(readonly)][not(transient)]"
		     "[not(@device='cdrom')][source]");
	guint i;

	for (i = 0; i < found->len; i++)
		child(found->pdata[i], "transient");
}

/*
 * Where a domain has <graphics> and no <video>, libvirt makes one.  It chooses the
 * model of an empty one, too.
 */
static void keep_video(xmlDoc *doc)
{
	child(child(xmlDocGetRootElement(doc), "devices"), "video");
}

static void add_vnc(xmlDoc *doc, const struct rr_display *display,
		    const char *keymap)
{
	xmlNode *devices = child(xmlDocGetRootElement(doc), "devices");
	xmlNode *vnc = xmlNewChild(devices, NULL, BAD_CAST "graphics", NULL);
	g_autofree char *port = g_strdup_printf("%u", display->port);
	xmlNode *listen;

	xmlNewProp(vnc, BAD_CAST "type", BAD_CAST "vnc");
	if (keymap)
		xmlNewProp(vnc, BAD_CAST "keymap", BAD_CAST keymap);
	if (display->socket) {
		listen = xmlNewChild(vnc, NULL, BAD_CAST "listen", NULL);
		xmlNewProp(listen, BAD_CAST "type", BAD_CAST "socket");
		xmlNewProp(listen, BAD_CAST "socket", BAD_CAST display->socket);
		return;
	}
	xmlNewProp(vnc, BAD_CAST "port", BAD_CAST port);
	xmlNewProp(vnc, BAD_CAST "autoport", BAD_CAST "no");
	xmlNewProp(vnc, BAD_CAST "listen", BAD_CAST display->host);
}

/* --display was asked for: nobody is told of it. */
static bool rewrite_display(xmlDoc *doc, const struct rr_rewrite *how,
			    GError **error)
{
	const struct rr_display *display = how->display;
	g_autofree char *keymap =
		rr_domain_get(doc, "devices/graphics/@keymap");

	if (first(doc, "devices/graphics"))
		keep_video(doc);
	if (!display || display->kind == RR_DISPLAY_AS_IT_IS)
		return true;
	if (display->kind == RR_DISPLAY_GTK) {
		rr_set_error(error,
			     "--display gtk: libvirt has no such display; "
			     "--display vnc=:1 shows the same to a VNC viewer");
		return false;
	}
	drop_all(doc, "devices/graphics");
	if (display->kind == RR_DISPLAY_NONE)
		return true;
	keep_video(doc);
	/* In the lab rr-kvm adds it to the arguments that libvirt makes. */
	if (!how->lab)
		add_vnc(doc, display, keymap);
	return true;
}

static xmlNode *command_line(xmlDoc *doc)
{
	xmlNode *found = first(doc, "qemu:commandline");
	xmlNode *root = xmlDocGetRootElement(doc);
	xmlNs *ns = xmlSearchNsByHref(doc, root, BAD_CAST RR_DOMAIN_QEMU_NS);

	if (found)
		return found;
	if (!ns)
		ns = xmlNewNs(root, BAD_CAST RR_DOMAIN_QEMU_NS,
			      BAD_CAST "qemu");
	return xmlNewChild(root, ns, BAD_CAST "commandline", NULL);
}

static void set_emulator(xmlDoc *doc, const struct rr_rewrite *how)
{
	xmlNode *root = xmlDocGetRootElement(doc);
	xmlNode *node = child(child(root, "devices"), "emulator");
	const char *const *env;

	xmlNodeSetContent(node, BAD_CAST how->emulator);
	for (env = how->env; env && *env; env++) {
		g_auto(GStrv) pair = g_strsplit(*env, "=", 2);
		xmlNode *line = command_line(doc);

		node = xmlNewChild(line, line->ns, BAD_CAST "env", NULL);
		xmlNewProp(node, BAD_CAST "name", BAD_CAST pair[0]);
		xmlNewProp(node, BAD_CAST "value", BAD_CAST pair[1]);
	}
}

bool rr_domain_rewrite(xmlDoc *doc, const struct rr_rewrite *how,
		       GPtrArray *changes, GError **error)
{
	if (!rewrite_display(doc, how, error) ||
	    !rr_rules_apply(doc, how, changes, error) ||
	    !rewrite_vcpus(doc, how, changes, error))
		return false;
	rewrite_machine(doc, changes);
	rewrite_firmware(doc, changes);
	rewrite_cpu(doc, how->lab, changes);
	rewrite_interfaces(doc, how->lab, changes);
	if (how->keep_disks)
		keep_disks(doc);
	/* The lab's KVM is not this host's: libvirt need not find one here. */
	if (how->lab)
		xmlSetProp(xmlDocGetRootElement(doc), BAD_CAST "type",
			   BAD_CAST "qemu");
	if (how->emulator)
		set_emulator(doc, how);
	return true;
}
