/*
 * The variables of UEFI firmware; see nvram.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/nvram.h"

#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/vm/option-parts.h"

/* How libvirt calls the two files (qemu_command.c). */
#define CODE_NODE "node-name=libvirt-pflash0-storage"
#define VARS_NODE "node-name=libvirt-pflash1-storage"

/* The block device with this node: its option, and its file's name. */
static struct rr_vm_option *find_node(const struct rr_vm *vm, const char *node,
				      char **file)
{
	guint i;

	for (i = 0; i < vm->options->len; i++) {
		struct rr_vm_option *o = vm->options->pdata[i];
		g_auto(GStrv) parts = NULL;
		char **part;

		if (g_strcmp0(o->name, "blockdev") || !o->value)
			continue;
		parts = rr_option_parts(o->value);
		if (!g_strv_contains((const char *const *)parts, node))
			continue;
		for (part = parts; *part; part++)
			if (g_str_has_prefix(*part, "filename="))
				*file = g_strdup(*part + strlen("filename="));
		return *file ? o : NULL;
	}
	return NULL;
}

/* As Debian's OVMF names them: OVMF_CODE_4M.secboot.fd, OVMF_VARS_4M.fd */
static char *template_of(const char *code)
{
	GString *name = g_string_new(code);

	g_string_replace(name, "_CODE", "_VARS", 1);
	g_string_replace(name, ".secboot", "", 1);
	return g_string_free(name, FALSE);
}

static void replace(struct rr_vm_option *o, const char *old, const char *path)
{
	GString *value = g_string_new(o->value);

	g_string_replace(value, old, path, 1);
	g_free(o->value);
	o->value = g_string_free(value, FALSE);
}

bool rr_libvirt_make_nvram(struct rr_vm *vm, const char *path, GError **error)
{
	g_autofree char *code = NULL, *vars = NULL, *template = NULL;
	struct rr_vm_option *o = find_node(vm, VARS_NODE, &vars);
	g_autofree char *content = NULL;
	gsize bytes;

	if (!o || g_file_test(vars, G_FILE_TEST_EXISTS))
		return true;
	if (!find_node(vm, CODE_NODE, &code)) {
		rr_set_error(error, "%s is missing", vars);
		return false;
	}
	template = template_of(code);
	if (!strcmp(template, code)) {
		rr_set_error(error,
			     "%s is missing, and nothing says what to make it "
			     "of: <nvram template=...> or a copy",
			     vars);
		return false;
	}
	if (!g_file_get_contents(template, &content, &bytes, error) ||
	    !g_file_set_contents(path, content, (gssize)bytes, error)) {
		g_prefix_error(error, "the firmware's variables %s: ", vars);
		return false;
	}
	replace(o, vars, path);
	return true;
}
