/*
 * From QEMU's arguments to a struct rr_vm, and to the command line that
 * records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "kvm-record/vm/check.h"
#include "kvm-record/vm/memory.h"
#include "kvm-record/vm/qemu-args.h"
#include "kvm-record/vm/record-command.h"
#include "tests/tap.h"

static struct rr_vm *parse(const char *line)
{
	g_auto(GStrv) args = g_strsplit(line, " ", -1);

	return rr_vm_from_qemu_args(args);
}

/* "m=256 nographic =disk.img": the options as name=value */
static char *describe(const struct rr_vm *vm)
{
	GString *out = g_string_new(NULL);
	const struct rr_vm_option *o;
	guint i;

	for (i = 0; (o = rr_vm_option(vm, i)); i++)
		g_string_append_printf(out, "%s%s%s%s", i ? " " : "",
				       o->name ? o->name : "",
				       o->value ? "=" : "",
				       o->value ? o->value : "");
	return g_string_free(out, FALSE);
}

static void check_parse(const char *line, const char *expected)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autofree char *found = describe(vm);

	ksft_ok(!strcmp(found, expected), "\"%s\" is \"%s\"", line, found);
}

static void check_args(const char *line)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *found = NULL;

	rr_vm_append_args(vm, args);
	g_ptr_array_add(args, NULL);
	found = g_strjoinv(" ", (char **)args->pdata);
	ksft_ok(!strcmp(found, line), "\"%s\" comes out as it went in", line);
}

/* @reason NULL: can be recorded */
static void check_refusal(const char *line, const char *reason)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autoptr(GError) error = NULL;
	bool good = rr_vm_check(vm, &error);

	if (!reason)
		ksft_ok(good && !error, "recorded: %s%s", line,
			error ? error->message : "");
	else
		ksft_ok(!good && error && strstr(error->message, reason),
			"refused: %s: %s", line,
			error ? error->message : "not refused");
}

static void check_memory(const char *line, uint64_t mib)
{
	g_autoptr(rr_vm) vm = parse(line);

	ksft_ok(rr_vm_memory_mib(vm) == mib, "\"%s\" has %llu MiB", line,
		(unsigned long long)rr_vm_memory_mib(vm));
}

static void check_command(const char *line, const char *options_clock,
			  const char *expected)
{
	struct rr_record_options options = {
		.clock = (char *)options_clock,
		.fsync = options_clock != NULL,
	};
	g_autoptr(rr_vm) vm = parse(line);
	g_autoptr(GPtrArray)
		command = rr_record_command("/qemu", "/a,b", &options, vm);
	g_autofree char *found = g_strjoinv(" ", (char **)command->pdata);

	ksft_ok(!strcmp(found, expected), "%s", found);
}

#define FIXED " -global apic.vapic=off "

int main(void)
{
	g_setenv("RR_FIRMWARE_DIR", "", TRUE);
	ksft_plan(8 + 3 + 19 + 12 + 2);

	check_parse("-m 256 -nographic disk.img", "m=256 nographic =disk.img");
	check_parse("--kernel x -append -accel", "kernel=x append=-accel");
	check_parse("-S -s -no-reboot", "S s no-reboot");
	check_parse("-serial - -monitor none", "serial=- monitor=none");
	check_parse("-m", "m");
	check_parse("-of-a-later-qemu value -x", "of-a-later-qemu=value x");
	check_parse("-of-a-later-qemu -m 3", "of-a-later-qemu m=3");
	check_parse("-", "=-");

	check_args("-m 256 -nographic disk.img");
	check_args("-drive file=a,,b,if=virtio -append a=b,c");
	check_args("-S");

	check_refusal("-accel tcg", "accelerator");
	check_refusal("--enable-kvm", "accelerator");
	check_refusal("-machine pc,accel=kvm", "accelerator");
	check_refusal("-M pc,kernel-irqchip=split", "interrupts");
	check_refusal("-icount 3", "TCG");
	check_refusal("-incoming x", "at reset");
	check_refusal("-loadvm x", "at reset");
	check_refusal("-daemonize", "see QEMU end");
	check_refusal("-smp 2", "-smp 2");
	check_refusal("-smp sockets=1,cores=2", "-smp 2");
	check_refusal("-smp 1,maxcpus=4", NULL);
	check_refusal("-object iothread,id=i", "while the guest runs");
	check_refusal("-object memory-backend-ram,id=iothread", NULL);
	check_refusal("-device vfio-pci,host=1", "without QEMU");
	check_refusal("-device vhost-vsock-pci", "vhost");
	check_refusal("-netdev tap,id=n,vhost=on", "vhost");
	check_refusal("-append vhost=on,smm=on -m 3", NULL);
	check_refusal("-append -accel", NULL);
	check_refusal("-device virtio-net-pci,ioeventfd=off -smp 1", NULL);

	check_memory("-nographic", 128);
	check_memory("-m 256", 256);
	check_memory("-m 1G", 1024);
	check_memory("-m size=2g,slots=1", 2048);
	check_memory("-m 2048K", 2);
	check_memory("-m 1T", 1 << 20);
	check_memory("-m 100 -m 200", 200);
	check_memory("-m 0.5G", 512);
	check_memory("-m slots=2,size=512M,maxmem=4G", 512);
	check_memory("-m 64 -m slots=2,maxmem=1G", 64);
	check_memory("-m 64 -object memory-backend-ram,id=m,size=1G", 1088);
	check_memory("-m 64 -object "
		     "{\"qom-type\":\"memory-backend-ram\",\"size\":1048576}",
		     65);

	check_command(
		"-L /f -m 64", NULL,
		"/qemu -accel kvm,kernel-irqchip=off,rr-record=/a,,b" FIXED
		"-L /f -m 64 -cpu max,kvm=off");
	check_command("-L /f -cpu Nehalem", "exit",
		      "/qemu -accel kvm,kernel-irqchip=off,rr-record=/a,,b,"
		      "rr-fsync=on,rr-clock=exit" FIXED
		      "-L /f -cpu Nehalem,kvm=off");
	return ksft_end();
}
