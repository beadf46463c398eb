/*
 * The command line of the QEMU that records; see record-command.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/record-command.h"

#include <stdbool.h>
#include <string.h>

#include "common/cli/qemu.h"

/* What recording needs.  The user's options come after these. */
static const char *const needed[] = {
	/* It would change guest state without a record. */
	"-global",
	"apic.vapic=off",
};
#define CPU_NEEDED "kvm=off"
#define CPU_DEFAULT "max"

static void add_arg(GPtrArray *out, const char *arg)
{
	g_ptr_array_add(out, g_strdup(arg));
}

static bool has_option(const struct rr_vm *vm, const char *name)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		if (!g_strcmp0(option->name, name))
			return true;
	return false;
}

/* The project's QEMU may have been built without firmware. */
static void add_firmware(GPtrArray *out, const struct rr_vm *vm)
{
	static const char *const dirs[] = {
		"/usr/share/qemu",
		"/usr/share/seabios",
		"/usr/lib/ipxe/qemu",
	};
	const char *set = g_getenv("RR_FIRMWARE_DIR");
	size_t i;

	if (has_option(vm, "L"))
		return;
	if (set && *set) {
		add_arg(out, "-L");
		add_arg(out, set);
	}
	for (i = 0; i < G_N_ELEMENTS(dirs); i++)
		if (g_file_test(dirs[i], G_FILE_TEST_IS_DIR)) {
			add_arg(out, "-L");
			add_arg(out, dirs[i]);
		}
}

/* @mode: "rr-record=TRACE" or "rr-armed=on". */
static void add_accelerator(GPtrArray *out, const char *mode,
			    const struct rr_record_options *options)
{
	GString *accel = g_string_new("kvm,kernel-irqchip=off,");

	g_string_append(accel, mode);
	rr_record_options_append_accel(options, accel);
	add_arg(out, "-accel");
	g_ptr_array_add(out, g_string_free(accel, FALSE));
}

/* The same machine, with what its CPU needs. */
static struct rr_vm *with_cpu(const struct rr_vm *vm)
{
	struct rr_vm *changed = rr_vm_new();
	const struct rr_vm_option *option;
	bool found = false;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		g_autofree char *cpu = NULL;

		if (!g_strcmp0(option->name, "cpu") && option->value) {
			cpu = g_strconcat(option->value, "," CPU_NEEDED, NULL);
			found = true;
		}
		rr_vm_add(changed, option->name, cpu ? cpu : option->value);
	}
	if (!found)
		rr_vm_add(changed, "cpu", CPU_DEFAULT "," CPU_NEEDED);
	return changed;
}

/* @qmp: the argument of -qmp, or NULL. */
static GPtrArray *make_command(const char *qemu, const char *mode,
			       const char *qmp,
			       const struct rr_record_options *options,
			       const struct rr_vm *vm)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(rr_vm) changed = with_cpu(vm);
	size_t i;

	if (qmp)
		rr_vm_add(changed, "qmp", qmp);
	add_arg(out, qemu);
	add_firmware(out, vm);
	add_accelerator(out, mode, options);
	for (i = 0; i < G_N_ELEMENTS(needed); i++)
		add_arg(out, needed[i]);
	rr_vm_append_args(changed, out);
	g_ptr_array_add(out, NULL);
	return out;
}

GPtrArray *rr_record_command(const char *qemu, const char *trace,
			     const struct rr_record_options *options,
			     const struct rr_vm *vm)
{
	g_autofree char *escaped = rr_qemu_escape(trace);
	g_autofree char *mode = g_strconcat("rr-record=", escaped, NULL);

	return make_command(qemu, mode, NULL, options, vm);
}

GPtrArray *rr_armed_command(const char *qemu, const char *socket,
			    const struct rr_record_options *options,
			    const struct rr_vm *vm)
{
	g_autofree char *escaped = rr_qemu_escape(socket);
	g_autofree char *qmp =
		g_strdup_printf("unix:%s,server=on,wait=off", escaped);

	return make_command(qemu, "rr-armed=on", qmp, options, vm);
}
