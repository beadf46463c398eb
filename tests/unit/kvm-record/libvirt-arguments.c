/*
 * The QEMU arguments that libvirt makes, as the recorder needs them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "kvm-record/libvirt/arguments.h"
#include "kvm-record/vm/check.h"
#include "kvm-record/vm/option-parts.h"
#include "kvm-record/vm/qemu-args.h"
#include "tests/tap.h"

static char *text_of(const struct rr_vm *vm)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	rr_vm_append_args(vm, args);
	g_ptr_array_add(args, NULL);
	return g_strjoinv(" ", (char **)args->pdata);
}

static struct rr_vm *parse(const char *line)
{
	g_auto(GStrv) args = g_strsplit(line, " ", -1);

	return rr_vm_from_qemu_args(args);
}

static void check_parts(const char *value, const char *expected)
{
	g_auto(GStrv) parts = rr_option_parts(value);
	g_autofree char *found = g_strjoinv(" ", parts);

	ksft_ok(!strcmp(found, expected), "%s is: %s", value, found);
}

static void check_adapted(const char *line, const char *expected)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autoptr(rr_vm) adapted = rr_libvirt_arguments(vm);
	g_autofree char *found = text_of(adapted);

	ksft_ok(!strcmp(found, expected), "\"%s\" becomes \"%s\"", line, found);
}

static void check_probe(const char *line, bool expected)
{
	g_autoptr(rr_vm) vm = parse(line);

	ksft_ok(rr_libvirt_is_probe(vm) == expected, "\"%s\" %s a machine",
		line, expected ? "is not" : "is");
}

static void check_lab(const char *argv, const char *expected)
{
	g_autoptr(rr_vm) vm = rr_libvirt_lab_arguments(argv, NULL);
	g_autofree char *found = vm ? text_of(vm) : g_strdup("no command");

	ksft_ok(!strcmp(found, expected), "in the lab: \"%s\"", found);
}

static void check_refusal(const char *line)
{
	g_autoptr(rr_vm) vm = parse(line);
	g_autoptr(GError) error = NULL;
	bool good = rr_vm_check(vm, &error);

	ksft_ok(!good, "refused: %s", error ? error->message : line);
}

int main(void)
{
	ksft_plan(16);
	check_parts("e1000,id=n", "e1000 id=n");
	check_parts("{\"id\":\"n\",\"driver\":\"e1000\",\"multi\":true}",
		    "e1000 id=n multi=on");
	check_parts("{\"a\":{\"b\":1,\"c\":[\"x\",\"y\"]}}",
		    "a.b=1 a.c.0=x a.c.1=y");
	check_parts("{not json", "{not json");
	check_adapted("-accel kvm -no-acpi -machine pc,accel=kvm,usb=off",
		      "-machine pc,usb=off,acpi=off");
	check_adapted("-machine q35,kernel_irqchip=split -no-hpet -m 1",
		      "-machine q35,hpet=off -m 1");
	check_probe("-S -machine none,accel=kvm:tcg", true);
	check_probe("-M none", true);
	check_probe("-machine pc,usb=off", false);
	check_probe("-S", false);
	check_lab(
		"LC_ALL=C \\\nA='b c' \\\n/q \\\n-S -m 1 -sandbox on -no-shutdown"
		" -chardev socket,id=charmonitor,fd=3 -mon "
		"chardev=charmonitor,id=m -netdev user,id=n0",
		"-m 1 -netdev user,id=n0");
	check_lab(
		"/q -object '{\"qom-type\":\"secret\",\"id\":\"masterKey0\"}' "
		"-object '{\"qom-type\":\"secret\",\"id\":\"k\"}'",
		"-object {\"qom-type\":\"secret\",\"id\":\"k\"}");
	check_lab("/q 'a", "no command");
	check_refusal("-device {\"driver\":\"vhost-vsock-pci\"}");
	check_refusal("-object {\"qom-type\":\"iothread\",\"id\":\"i\"}");
	check_refusal("-netdev {\"type\":\"tap\",\"vhost\":true,\"id\":\"n\"}");
	return ksft_end();
}
