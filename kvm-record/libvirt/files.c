/*
 * The files of a domain; see files.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/files.h"

#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/qcow2.h"
#include "kvm-record/vm/option-parts.h"
#include "kvm-record/vmdk.h"

/* Of images upon images. */
#define MAX_DEPTH 16

#define READ RR_ACCESS_READ
#define WRITE (RR_ACCESS_READ | RR_ACCESS_WRITE | RR_ACCESS_ALONE)
#define SHARED (RR_ACCESS_READ | RR_ACCESS_WRITE)

/* libvirt drops an optional disk that is missing. */
#define DISK "devices/disk[not(source/@startupPolicy='optional')]"
#define READ_ONLY "[readonly or @device='cdrom']"
#define WRITABLE "[not(readonly or @device='cdrom')]"
#define SOURCE "/source/@*[name()='file' or name()='dev']"

static const struct {
	const char *xpath, *what;
	unsigned int wanted;
} named[] = {
	{ "os/loader", "<loader>", READ },
	{ "os/nvram/@template", "the template of <nvram>", READ },
	{ "os/kernel", "<kernel>", READ },
	{ "os/initrd", "<initrd>", READ },
	{ "os/dtb", "<dtb>", READ },
	{ "os/acpi/table", "<table> of ACPI", READ },
	{ DISK READ_ONLY SOURCE, "<disk>", READ },
	{ DISK WRITABLE "[shareable]" SOURCE, "<disk>", SHARED },
	{ DISK WRITABLE "[not(shareable)]" SOURCE, "<disk>", WRITE },
	{ DISK "//backingStore" SOURCE, "<backingStore>", READ },
	{ "devices/disk[@type='dir']/source/@dir", "<disk>", READ },
	{ "devices/filesystem[not(@type) or @type='mount']/source/@dir",
	  "<filesystem>", RR_ACCESS_EXISTS },
};

static bool check(const struct rr_opener *opener, const char *path,
		  unsigned int wanted, GError **error)
{
	const struct rr_user self = rr_user_self();

	if (opener->lab)
		wanted &= ~(unsigned int)RR_ACCESS_WRITE;
	if (!opener->owns)
		return rr_access_check(&opener->user, path, wanted, error);
	/* What libvirt makes the user's own, it may open. */
	return rr_access_check(&opener->user, path, RR_ACCESS_EXISTS, error) &&
	       rr_access_check(&self, path, wanted & RR_ACCESS_ALONE, error);
}

/* The files that an image is made upon, and those below them. */
static bool check_below(const struct rr_opener *opener, const char *path,
			unsigned int depth, GError **error)
{
	g_auto(GStrv) qcow2 = qcow2_files_below(path);
	g_auto(GStrv) vmdk = vmdk_files_below(path);
	char **below = qcow2 ? qcow2 : vmdk;

	for (; below && *below && depth; below++) {
		g_autofree char *absolute =
			g_canonicalize_filename(*below, NULL);

		/* "nbd://host/name", "json:{...}" */
		if (strchr(absolute, ':'))
			continue;
		if (!check(opener, absolute, READ, error)) {
			g_prefix_error(error, "an image below %s: ", path);
			return false;
		}
		if (!check_below(opener, absolute, depth - 1, error))
			return false;
	}
	return true;
}

/* Whether the image that @source names says itself what is below it. */
static bool has_chain(const xmlNode *source)
{
	const xmlNode *node = source->parent->children;
	bool found = false;

	for (; node; node = node->next) {
		xmlChar *type = NULL;

		if (xmlStrEqual(node->name, BAD_CAST "backingStore"))
			return false;
		if (xmlStrEqual(node->name, BAD_CAST "driver"))
			type = xmlGetNoNsProp(node, BAD_CAST "type");
		if (xmlStrEqual(type, BAD_CAST "qcow2") ||
		    xmlStrEqual(type, BAD_CAST "vmdk"))
			found = true;
		xmlFree(type);
	}
	return found;
}

static bool check_node(const struct rr_opener *opener, xmlNode *node,
		       const char *what, unsigned int wanted, GError **error)
{
	xmlChar *text = xmlNodeGetContent(node);
	g_autofree char *path = g_strstrip(g_strdup((const char *)text));
	bool is_attribute = node->type == XML_ATTRIBUTE_NODE;
	long line = xmlGetLineNo(is_attribute ? node->parent : node);

	xmlFree(text);
	/* A device of the host is not copied into the lab. */
	if (!g_path_is_absolute(path) ||
	    (opener->lab && g_str_has_prefix(path, "/dev/")))
		return true;
	if (check(opener, path, wanted, error) &&
	    (!is_attribute || !has_chain(node->parent) ||
	     check_below(opener, path, MAX_DEPTH, error)))
		return true;
	g_prefix_error(error, "line %ld: %s: ", line, what);
	return false;
}

static bool check_all(xmlDoc *doc, const struct rr_opener *opener,
		      const char *xpath, const char *what, unsigned int wanted,
		      GError **error)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);
	guint i;

	for (i = 0; i < found->len; i++)
		if (!check_node(opener, found->pdata[i], what, wanted, error))
			return false;
	return true;
}

/* libvirt, or rr-kvm for the lab, makes one that is missing. */
static bool check_nvram(xmlDoc *doc, const struct rr_opener *opener,
			GError **error)
{
	g_autofree char *path = rr_domain_get(doc, "os/nvram");

	if (!path || !g_file_test(path, G_FILE_TEST_EXISTS))
		return true;
	return check_all(doc, opener, "os/nvram", "<nvram>", WRITE, error);
}

bool rr_domain_check_files(xmlDoc *doc, const struct rr_opener *opener,
			   GError **error)
{
	size_t i;

	if (!opener->lab &&
	    rr_domain_has(doc, "seclabel[@model='dac']|//source/seclabel"))
		return true;
	for (i = 0; i < G_N_ELEMENTS(named); i++)
		if (!check_all(doc, opener, named[i].xpath, named[i].what,
			       named[i].wanted, error))
			return false;
	return check_nvram(doc, opener, error);
}

/* ---- arguments ---- */

/* The value of the part "key=...", or NULL. */
static const char *part_value(char **parts, const char *key)
{
	size_t length = strlen(key);

	for (; *parts; parts++)
		if (g_str_has_prefix(*parts, key) && (*parts)[length] == '=')
			return *parts + length + 1;
	return NULL;
}

/* Whether a format that can be written to is on the block device @node. */
static bool is_written(const struct rr_vm *vm, const char *node)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; node && (option = rr_vm_option(vm, i)); i++) {
		g_auto(GStrv) parts = NULL;

		if (g_strcmp0(option->name, "blockdev") || !option->value)
			continue;
		parts = rr_option_parts(option->value);
		if (!g_strcmp0(part_value(parts, "file"), node) &&
		    g_strcmp0(part_value(parts, "read-only"), "on"))
			return true;
	}
	return false;
}

static bool is_shared(const struct rr_vm *vm)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		if (!g_strcmp0(option->name, "device") && option->value &&
		    strstr(option->value, "share-rw"))
			return true;
	return false;
}

/* The file that @o names, to be freed, and what QEMU does with it; or NULL. */
static char *file_of(const struct rr_vm *vm, const struct rr_vm_option *o,
		     unsigned int *wanted)
{
	static const char *const plain[] = { "kernel", "initrd", "dtb", NULL };
	g_auto(GStrv) parts = NULL;
	const char *path;

	*wanted = READ;
	if (!o->name || !o->value)
		return NULL;
	if (g_strv_contains(plain, o->name))
		return g_strdup(o->value);
	if (strcmp(o->name, "blockdev") != 0)
		return NULL;
	parts = rr_option_parts(o->value);
	path = part_value(parts, "filename");
	if (is_written(vm, part_value(parts, "node-name")))
		*wanted = is_shared(vm) ? SHARED : WRITE;
	return g_strdup(path);
}

bool rr_arguments_check_files(const struct rr_vm *vm, GError **error)
{
	const struct rr_user self = rr_user_self();
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		unsigned int wanted;
		g_autofree char *path = file_of(vm, option, &wanted);

		/* One that libvirt has opened is in /dev/fdset. */
		if (!path || !g_path_is_absolute(path) ||
		    g_str_has_prefix(path, "/dev/fdset/"))
			continue;
		if (!rr_access_check(&self, path, wanted, error))
			return false;
	}
	return true;
}
