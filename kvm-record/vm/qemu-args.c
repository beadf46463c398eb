/*
 * From the user's QEMU arguments to those of a QEMU that records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "kvm-record/vm/qemu-args.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"

/* What recording needs; behind it come the user's own arguments. */
static const char *const recording[] = {
	/* Their state would change behind the guest's back. */
	"-machine",
	"smm=off,vmport=off",
	"-global",
	"apic.vapic=off",
	/* A write to a queue's bell must reach device code in order. */
	"-global",
	"virtio-pci.ioeventfd=off",
};
#define CPU_NEEDS "kvm=off"
#define CPU_DEFAULT "max"

static const struct {
	const char *option, *reason;
} refused_options[] = {
	{ "accel", "recording chooses the accelerator itself" },
	{ "enable-kvm", "recording chooses the accelerator itself" },
	{ "icount", "it is for TCG, and recording uses KVM" },
	{ "daemonize", "rr-kvm must see QEMU end" },
	{ "incoming", "a recording starts at reset" },
	{ "loadvm", "a recording starts at reset" },
};

/* Any part of an argument's comma list. */
static const struct {
	const char *part, *reason;
} refused_parts[] = {
	{ "vhost=on", "vhost writes guest memory from the host's kernel" },
	{ "vhostforce=on", "vhost writes guest memory from the host's kernel" },
	{ "ioeventfd=on", "device code would run beside the guest" },
	{ "kernel-irqchip=on", "interrupts must come from user space" },
	{ "kernel-irqchip=split", "interrupts must come from user space" },
	{ "kernel_irqchip=on", "interrupts must come from user space" },
	{ "kernel_irqchip=split", "interrupts must come from user space" },
	{ "smm=on", "system management mode is not recorded" },
	{ "vmport=on", "it changes registers behind the guest's back" },
};

#define SHARED_MEMORY "others write its memory, past QEMU"

static const struct {
	const char *prefix, *reason;
} refused_devices[] = {
	{ "vhost-", "vhost writes guest memory from the host's kernel" },
	{ "vfio-", SHARED_MEMORY },
	{ "ivshmem", SHARED_MEMORY },
	{ "x-vfio-", SHARED_MEMORY },
	{ "vdpa-", SHARED_MEMORY },
};

const char *qemu_args_option(const char *arg)
{
	if (arg[0] != '-' || !arg[1])
		return NULL;
	return arg + (arg[1] == '-' ? 2 : 1);
}

static bool is_machine(const char *option)
{
	return !strcmp(option, "machine") || !strcmp(option, "M");
}

static bool check_option(const char *option, GError **error)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(refused_options); i++)
		if (!strcmp(option, refused_options[i].option)) {
			rr_set_error(error, "-%s cannot be recorded: %s",
				     option, refused_options[i].reason);
			return false;
		}
	return true;
}

static bool check_part(const char *option, const char *part, GError **error)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(refused_parts); i++)
		if (!strcmp(part, refused_parts[i].part)) {
			rr_set_error(error,
				     "-%s ...,%s cannot be "
				     "recorded: %s",
				     option, part, refused_parts[i].reason);
			return false;
		}
	if (is_machine(option) && g_str_has_prefix(part, "accel=")) {
		rr_set_error(error, "-%s %s cannot be recorded: %s", option,
			     part, refused_options[0].reason);
		return false;
	}
	return true;
}

/* "4", "cpus=4", "sockets=2,cores=2" */
static bool check_smp(char *const *parts, GError **error)
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
	if ((cpus ? cpus : product) <= 1)
		return true;
	rr_set_error(error,
		     "-smp %lu cannot be recorded: one CPU is all "
		     "that can be",
		     cpus ? cpus : product);
	return false;
}

static bool check_device(const char *device, GError **error)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(refused_devices); i++)
		if (g_str_has_prefix(device, refused_devices[i].prefix)) {
			rr_set_error(error,
				     "-device %s cannot be "
				     "recorded: %s",
				     device, refused_devices[i].reason);
			return false;
		}
	return true;
}

static bool check_value(const char *option, const char *value, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(value, ",", -1);
	char **p;

	if (!strcmp(option, "append"))
		return true;
	if (!strcmp(option, "smp"))
		return check_smp(parts, error);
	if (!strcmp(option, "object") &&
	    (!strcmp(parts[0], "iothread") ||
	     !strcmp(parts[0], "qom-type=iothread"))) {
		rr_set_error(error, "-object iothread cannot be recorded: "
				    "device code would run beside the guest");
		return false;
	}
	if (!strcmp(option, "device") && !check_device(parts[0], error))
		return false;
	for (p = parts; *p; p++)
		if (!check_part(option, *p, error))
			return false;
	return true;
}

bool qemu_args_check(char *const *args, GError **error)
{
	for (; *args; args++) {
		const char *option = qemu_args_option(*args);

		if (!option)
			continue;
		if (!check_option(option, error))
			return false;
		if (args[1] && !check_value(option, args[1], error))
			return false;
	}
	return true;
}

static void add(GPtrArray *out, const char *arg)
{
	g_ptr_array_add(out, g_strdup(arg));
}

/* Where QEMU was built with no firmware of its own. */
static void add_firmware(GPtrArray *out, char *const *args)
{
	static const char *const dirs[] = {
		"/usr/share/qemu",
		"/usr/share/seabios",
		"/usr/lib/ipxe/qemu",
	};
	const char *set = g_getenv("RR_FIRMWARE_DIR");
	size_t i;

	for (; *args; args++)
		if (!strcmp(*args, "-L"))
			return;
	if (set && *set) {
		add(out, "-L");
		add(out, set);
	}
	for (i = 0; i < G_N_ELEMENTS(dirs); i++)
		if (g_file_test(dirs[i], G_FILE_TEST_IS_DIR)) {
			add(out, "-L");
			add(out, dirs[i]);
		}
}

static void add_user_args(GPtrArray *out, char *const *args)
{
	bool cpu = false;

	for (; *args; args++) {
		const char *option = qemu_args_option(*args);

		add(out, *args);
		if (!option || strcmp(option, "cpu") || !args[1])
			continue;
		cpu = true;
		g_ptr_array_add(out, g_strconcat(*++args, "," CPU_NEEDS, NULL));
	}
	if (!cpu) {
		add(out, "-cpu");
		add(out, CPU_DEFAULT "," CPU_NEEDS);
	}
}

GPtrArray *qemu_args_for_record(const char *qemu, const char *trace,
				const struct record_how *how, char *const *args)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *escaped = rr_qemu_escape(trace);
	g_autofree char *epoch =
		how->epoch_us ?
			g_strdup_printf(",rr-epoch-us=%d", how->epoch_us) :
			NULL;
	size_t i;

	add(out, qemu);
	add_firmware(out, args);
	add(out, "-accel");
	g_ptr_array_add(
		out, g_strconcat("kvm,kernel-irqchip=off,rr-record=", escaped,
				 how->fsync ? ",rr-fsync=on" : "",
				 how->refer_to_images ? ",rr-images=on" : "",
				 how->clock ? ",rr-clock=" : "",
				 how->clock ? how->clock : "", epoch, NULL));
	for (i = 0; i < G_N_ELEMENTS(recording); i++)
		add(out, recording[i]);
	add_user_args(out, args);
	g_ptr_array_add(out, NULL);
	return out;
}

static uint64_t memory_of(const char *value)
{
	const char *p = g_str_has_prefix(value, "size=") ? value + 5 : value;
	char *end;
	uint64_t n = strtoull(p, &end, 10);

	switch (g_ascii_toupper(*end)) {
	case 'B':
		return n >> 20;
	case 'K':
		return n >> 10;
	case 'G':
		return n << 10;
	case 'T':
		return n << 20;
	default:
		return n;
	}
}

uint64_t qemu_args_memory_mib(char *const *args)
{
	uint64_t mib = 128; /* QEMU's default */

	for (; *args && args[1]; args++) {
		const char *option = qemu_args_option(*args);

		if (option && !strcmp(option, "m"))
			mib = memory_of(args[1]);
	}
	return mib;
}
