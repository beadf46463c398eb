/*
 * The QEMU arguments that libvirt makes; see arguments.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/arguments.h"

#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/vm/option-parts.h"
#include "kvm-record/vm/qemu-args.h"

static bool is_machine(const struct rr_vm_option *o)
{
	return o->value &&
	       (!g_strcmp0(o->name, "machine") || !g_strcmp0(o->name, "M"));
}

bool rr_libvirt_is_probe(const struct rr_vm *vm)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		g_auto(GStrv) parts = NULL;

		if (!is_machine(option))
			continue;
		parts = rr_option_parts(option->value);
		if (!g_strcmp0(parts[0], "none") ||
		    !g_strcmp0(parts[0], "type=none"))
			return true;
	}
	return false;
}

/* What QEMU 10.0 says with a property of the machine; removed in 9.0. */
static const struct {
	const char *old, *property;
} removed[] = {
	{ "no-acpi", ",acpi=off" },
	{ "no-hpet", ",hpet=off" },
};

static char *machine_properties(const struct rr_vm *vm)
{
	GString *list = g_string_new("");
	const struct rr_vm_option *option;
	size_t r;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		for (r = 0; r < G_N_ELEMENTS(removed); r++)
			if (!g_strcmp0(option->name, removed[r].old))
				g_string_append(list, removed[r].property);
	return g_string_free(list, FALSE);
}

static bool recorder_chooses(const char *part)
{
	return g_str_has_prefix(part, "accel=") ||
	       g_str_has_prefix(part, "kernel_irqchip=") ||
	       g_str_has_prefix(part, "kernel-irqchip=");
}

static char *machine_value(const char *value, const char *properties)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);
	GString *list = g_string_new(parts[0]);
	char **part;

	for (part = parts + 1; *parts && *part; part++)
		if (!recorder_chooses(*part))
			g_string_append_printf(list, ",%s", *part);
	g_string_append(list, properties);
	return g_string_free(list, FALSE);
}

static bool is_dropped(const char *name)
{
	static const char *const dropped[] = { "accel", "enable-kvm", "no-acpi",
					       "no-hpet", NULL };

	return name && g_strv_contains(dropped, name);
}

struct rr_vm *rr_libvirt_arguments(const struct rr_vm *vm)
{
	g_autofree char *properties = machine_properties(vm);
	struct rr_vm *out = rr_vm_new();
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		g_autofree char *machine = NULL;

		if (is_dropped(option->name))
			continue;
		if (is_machine(option))
			machine = machine_value(option->value, properties);
		rr_vm_add(out, option->name, machine ? machine : option->value);
	}
	return out;
}

/* ---- for the lab ---- */

/* The value of the part "key=...", or NULL. */
static const char *part_value(char **parts, const char *key)
{
	size_t length = strlen(key);

	for (; *parts; parts++)
		if (g_str_has_prefix(*parts, key) && (*parts)[length] == '=')
			return *parts + length + 1;
	return NULL;
}

/* libvirt waits for QEMU, and talks to it. */
static bool is_libvirts_own(const struct rr_vm_option *o, char **parts)
{
	static const char *const names[] = { "S",      "sandbox", "no-shutdown",
					     "add-fd", "msg",	  NULL };

	if (g_strv_contains(names, o->name))
		return true;
	if (!g_strcmp0(o->name, "chardev"))
		return !g_strcmp0(part_value(parts, "id"), "charmonitor");
	if (!g_strcmp0(o->name, "mon"))
		return !g_strcmp0(part_value(parts, "chardev"), "charmonitor");
	/* The key of a domain that does not run does not exist. */
	if (!g_strcmp0(o->name, "object"))
		return !g_strcmp0(parts[0], "secret") &&
		       !g_strcmp0(part_value(parts, "id"), "masterKey0");
	return false;
}

static void add_for_lab(struct rr_vm *out, const struct rr_vm_option *o)
{
	g_auto(GStrv) parts = o->value ? rr_option_parts(o->value) :
					 g_new0(char *, 1);

	if (o->name && !is_libvirts_own(o, parts))
		rr_vm_add(out, o->name, o->value);
}

/* Behind "NAME=VALUE..." and the path of QEMU. */
static char **skip_emulator(char **argv)
{
	while (*argv && strchr(*argv, '=') && **argv != '/')
		argv++;
	return *argv ? argv + 1 : argv;
}

struct rr_vm *rr_libvirt_lab_arguments(const char *argv, GError **error)
{
	g_autoptr(rr_vm) all = NULL, plain = NULL;
	g_auto(GStrv) words = NULL;
	const struct rr_vm_option *option;
	struct rr_vm *out;
	guint i;

	if (!g_shell_parse_argv(argv, NULL, &words, error))
		return NULL;
	all = rr_vm_from_qemu_args(skip_emulator(words));
	plain = rr_libvirt_arguments(all);
	out = rr_vm_new();
	for (i = 0; (option = rr_vm_option(plain, i)); i++)
		add_for_lab(out, option);
	return out;
}
