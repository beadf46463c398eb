/*
 * Which machines can be recorded; see check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/check.h"

#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "kvm-record/vm/option-parts.h"
#include "kvm-record/vm/qemu-options.h"

/* "4", "cpus=4", "sockets=2,cores=2" */
static unsigned long count_cpus(char *const *parts)
{
	unsigned long cpus = 0, product = 1;

	for (; *parts; parts++) {
		const char *eq = strchr(*parts, '=');
		unsigned long n = strtoul(eq ? eq + 1 : *parts, NULL, 10);

		if (!eq || g_str_has_prefix(*parts, "cpus="))
			cpus = n;
		else if (!g_str_has_prefix(*parts, "maxcpus=") && n)
			product *= n;
	}
	return cpus ? cpus : product;
}

static bool check_smp(char *const *parts, GError **error)
{
	unsigned long cpus = count_cpus(parts);

	if (cpus <= 1)
		return true;
	rr_set_error(error,
		     "-smp %lu cannot be recorded: the guest may have one CPU",
		     cpus);
	return false;
}

static bool check_device(const char *driver, GError **error)
{
	const char *why = qemu_device_refused(driver);

	if (!why)
		return true;
	rr_set_error(error, "-device %s cannot be recorded: %s", driver, why);
	return false;
}

static bool check_parts(const char *name, char *const *parts, GError **error)
{
	for (; *parts; parts++) {
		const char *why = qemu_part_refused(name, *parts);

		if (why) {
			rr_set_error(error, "-%s %s cannot be recorded: %s",
				     name, *parts, why);
			return false;
		}
	}
	return true;
}

static bool check_value(const struct rr_vm_option *o, GError **error)
{
	g_auto(GStrv) parts = rr_option_parts(o->value);

	/* The command line of the guest's kernel. */
	if (!strcmp(o->name, "append"))
		return true;
	if (!strcmp(o->name, "smp"))
		return check_smp(parts, error);
	if (!strcmp(o->name, "device") && parts[0] &&
	    !check_device(parts[0], error))
		return false;
	return check_parts(o->name, parts, error);
}

static bool check_option(const struct rr_vm_option *o, GError **error)
{
	const struct qemu_option *row = qemu_option_find(o->name);

	if (row && row->refused) {
		rr_set_error(error, "-%s cannot be recorded: %s", o->name,
			     row->refused);
		return false;
	}
	return !o->value || check_value(o, error);
}

bool rr_vm_check(const struct rr_vm *vm, GError **error)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		if (option->name && !check_option(option, error))
			return false;
	return true;
}
