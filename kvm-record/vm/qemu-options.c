/*
 * What rr-kvm knows of QEMU's options; see qemu-options.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/qemu-options.h"

#include <glib.h>
#include <string.h>

#define ACCELERATOR "recording chooses the accelerator itself"
#define RESET "a recording starts at reset"
#define IN_PARALLEL "device code would run while the guest runs"
#define USER_IRQCHIP "interrupts must come from user space"
#define VHOST "vhost writes guest memory from the host's kernel"
#define SHARED_MEMORY "others write its memory without QEMU"

/*
 * The options of qemu-options.hx (QEMU 10.0) that an x86 machine has.  LIST is
 * the cautious choice: a part of a list is taken for a path only if its key
 * says so, or if it has a "/" and such a file exists.
 */
static const struct qemu_option options[] = {
	{ "M", QEMU_OPTION_LIST, NULL },
	{ "machine", QEMU_OPTION_LIST, NULL },
	{ "cpu", QEMU_OPTION_TEXT, NULL },
	{ "accel", QEMU_OPTION_LIST, ACCELERATOR },
	{ "enable-kvm", QEMU_OPTION_NONE, ACCELERATOR },
	{ "icount", QEMU_OPTION_LIST, "it is for TCG, and recording uses KVM" },
	{ "smp", QEMU_OPTION_TEXT, NULL },
	{ "m", QEMU_OPTION_TEXT, NULL },
	{ "mem-path", QEMU_OPTION_PATH, NULL },
	{ "mem-prealloc", QEMU_OPTION_NONE, NULL },
	{ "numa", QEMU_OPTION_LIST, NULL },
	{ "overcommit", QEMU_OPTION_LIST, NULL },
	{ "boot", QEMU_OPTION_TEXT, NULL },
	{ "rtc", QEMU_OPTION_TEXT, NULL },
	{ "global", QEMU_OPTION_LIST, NULL },
	{ "set", QEMU_OPTION_LIST, NULL },
	{ "compat", QEMU_OPTION_LIST, NULL },
	{ "object", QEMU_OPTION_LIST, NULL },
	{ "device", QEMU_OPTION_LIST, NULL },
	{ "nodefaults", QEMU_OPTION_NONE, NULL },
	{ "no-user-config", QEMU_OPTION_NONE, NULL },
	{ "readconfig", QEMU_OPTION_PATH, NULL },
	/* firmware and kernels */
	{ "bios", QEMU_OPTION_PATH, NULL },
	{ "pflash", QEMU_OPTION_PATH, NULL },
	{ "L", QEMU_OPTION_PATH, NULL },
	{ "kernel", QEMU_OPTION_PATH, NULL },
	{ "shim", QEMU_OPTION_LIST, NULL },
	{ "initrd", QEMU_OPTION_PATH, NULL },
	{ "dtb", QEMU_OPTION_PATH, NULL },
	{ "append", QEMU_OPTION_TEXT, NULL },
	{ "option-rom", QEMU_OPTION_LIST, NULL },
	{ "acpitable", QEMU_OPTION_LIST, NULL },
	{ "smbios", QEMU_OPTION_LIST, NULL },
	{ "fw_cfg", QEMU_OPTION_LIST, NULL },
	{ "uuid", QEMU_OPTION_TEXT, NULL },
	/* storage */
	{ "hda", QEMU_OPTION_PATH, NULL },
	{ "hdb", QEMU_OPTION_PATH, NULL },
	{ "hdc", QEMU_OPTION_PATH, NULL },
	{ "hdd", QEMU_OPTION_PATH, NULL },
	{ "cdrom", QEMU_OPTION_PATH, NULL },
	{ "fda", QEMU_OPTION_PATH, NULL },
	{ "fdb", QEMU_OPTION_PATH, NULL },
	{ "sd", QEMU_OPTION_LIST, NULL },
	{ "mtdblock", QEMU_OPTION_LIST, NULL },
	{ "drive", QEMU_OPTION_LIST, NULL },
	{ "blockdev", QEMU_OPTION_LIST, NULL },
	{ "snapshot", QEMU_OPTION_NONE, NULL },
	{ "iscsi", QEMU_OPTION_LIST, NULL },
	{ "fsdev", QEMU_OPTION_LIST, NULL },
	{ "virtfs", QEMU_OPTION_LIST, NULL },
	/* network, USB, TPM, audio */
	{ "nic", QEMU_OPTION_LIST, NULL },
	{ "net", QEMU_OPTION_LIST, NULL },
	{ "netdev", QEMU_OPTION_LIST, NULL },
	{ "usb", QEMU_OPTION_NONE, NULL },
	{ "usbdevice", QEMU_OPTION_LIST, NULL },
	{ "tpmdev", QEMU_OPTION_LIST, NULL },
	{ "audio", QEMU_OPTION_LIST, NULL },
	{ "audiodev", QEMU_OPTION_LIST, NULL },
	/* display and keyboard */
	{ "display", QEMU_OPTION_TEXT, NULL },
	{ "vga", QEMU_OPTION_TEXT, NULL },
	{ "nographic", QEMU_OPTION_NONE, NULL },
	{ "full-screen", QEMU_OPTION_NONE, NULL },
	{ "spice", QEMU_OPTION_LIST, NULL },
	{ "vnc", QEMU_OPTION_LIST, NULL },
	{ "k", QEMU_OPTION_LIST, NULL },
	{ "echr", QEMU_OPTION_LIST, NULL },
	/* character devices and monitors */
	{ "chardev", QEMU_OPTION_LIST, NULL },
	{ "serial", QEMU_OPTION_LIST, NULL },
	{ "parallel", QEMU_OPTION_LIST, NULL },
	{ "debugcon", QEMU_OPTION_LIST, NULL },
	{ "monitor", QEMU_OPTION_LIST, NULL },
	{ "mon", QEMU_OPTION_LIST, NULL },
	{ "qmp", QEMU_OPTION_LIST, NULL },
	{ "qmp-pretty", QEMU_OPTION_LIST, NULL },
	{ "add-fd", QEMU_OPTION_LIST, NULL },
	{ "gdb", QEMU_OPTION_LIST, NULL },
	/* how QEMU runs */
	{ "name", QEMU_OPTION_TEXT, NULL },
	{ "pidfile", QEMU_OPTION_LIST, NULL },
	{ "daemonize", QEMU_OPTION_NONE, "rr-kvm must see QEMU end" },
	{ "incoming", QEMU_OPTION_LIST, RESET },
	{ "loadvm", QEMU_OPTION_LIST, RESET },
	{ "S", QEMU_OPTION_NONE, NULL },
	{ "s", QEMU_OPTION_NONE, NULL },
	{ "preconfig", QEMU_OPTION_NONE, NULL },
	{ "only-migratable", QEMU_OPTION_NONE, NULL },
	{ "action", QEMU_OPTION_LIST, NULL },
	{ "watchdog-action", QEMU_OPTION_LIST, NULL },
	{ "no-reboot", QEMU_OPTION_NONE, NULL },
	{ "no-shutdown", QEMU_OPTION_NONE, NULL },
	{ "no-fd-bootchk", QEMU_OPTION_NONE, NULL },
	{ "win2k-hack", QEMU_OPTION_NONE, NULL },
	{ "run-with", QEMU_OPTION_LIST, NULL },
	{ "sandbox", QEMU_OPTION_LIST, NULL },
	{ "seed", QEMU_OPTION_LIST, NULL },
	{ "xen-attach", QEMU_OPTION_NONE, NULL },
	{ "xen-domid", QEMU_OPTION_LIST, NULL },
	{ "xen-domid-restrict", QEMU_OPTION_NONE, NULL },
	/* help and debugging */
	{ "h", QEMU_OPTION_NONE, NULL },
	{ "help", QEMU_OPTION_NONE, NULL },
	{ "version", QEMU_OPTION_NONE, NULL },
	{ "d", QEMU_OPTION_LIST, NULL },
	{ "D", QEMU_OPTION_LIST, NULL },
	{ "dfilter", QEMU_OPTION_LIST, NULL },
	{ "trace", QEMU_OPTION_LIST, NULL },
	{ "plugin", QEMU_OPTION_LIST, NULL },
	{ "msg", QEMU_OPTION_LIST, NULL },
	{ "dump-vmstate", QEMU_OPTION_LIST, NULL },
	{ "qtest", QEMU_OPTION_LIST, NULL },
	{ "qtest-log", QEMU_OPTION_LIST, NULL },
	{ "enable-sync-profile", QEMU_OPTION_NONE, NULL },
	{ "perfmap", QEMU_OPTION_NONE, NULL },
	{ "jitdump", QEMU_OPTION_NONE, NULL },
};

/* "file", and the same at the end of a longer key: "backing.file.filename" */
static const char *const path_keys[] = {
	"file",	    "path",	"filename",  "tftp",	"romfile", "dir",
	"script",   "image",	"initrd",    "kernel",	"backing", "dtb",
	"firmware", "mem-path", "data-file", "in-path",
};

/* A part of the list of the option @name, or of any if that is NULL. */
static const struct {
	const char *name, *part, *why;
} refused_parts[] = {
	{ NULL, "vhost=on", VHOST },
	{ NULL, "vhostforce=on", VHOST },
	{ NULL, "kernel-irqchip=on", USER_IRQCHIP },
	{ NULL, "kernel-irqchip=split", USER_IRQCHIP },
	{ NULL, "kernel_irqchip=on", USER_IRQCHIP },
	{ NULL, "kernel_irqchip=split", USER_IRQCHIP },
	{ NULL, "smm=on", "system management mode is not recorded" },
	{ NULL, "vmport=on", "it changes registers without a record" },
	{ "object", "iothread", IN_PARALLEL },
	{ "object", "qom-type=iothread", IN_PARALLEL },
};

static const struct {
	const char *prefix, *why;
} refused_devices[] = {
	{ "vhost-", VHOST },	      { "vfio-", SHARED_MEMORY },
	{ "ivshmem", SHARED_MEMORY }, { "x-vfio-", SHARED_MEMORY },
	{ "vdpa-", SHARED_MEMORY },
};

const struct qemu_option *qemu_option_at(size_t i)
{
	return i < G_N_ELEMENTS(options) ? &options[i] : NULL;
}

const struct qemu_option *qemu_option_find(const char *name)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

bool qemu_key_is_path(const char *key)
{
	const char *dot = strrchr(key, '.');
	size_t i;

	if (dot)
		key = dot + 1;
	for (i = 0; i < G_N_ELEMENTS(path_keys); i++)
		if (!strcmp(path_keys[i], key))
			return true;
	return false;
}

static bool is_machine(const char *name)
{
	return !strcmp(name, "machine") || !strcmp(name, "M");
}

const char *qemu_part_refused(const char *name, const char *part)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(refused_parts); i++)
		if (!strcmp(refused_parts[i].part, part) &&
		    (!refused_parts[i].name ||
		     !strcmp(refused_parts[i].name, name)))
			return refused_parts[i].why;
	if (is_machine(name) && g_str_has_prefix(part, "accel="))
		return ACCELERATOR;
	return NULL;
}

const char *qemu_device_refused(const char *driver)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(refused_devices); i++)
		if (g_str_has_prefix(driver, refused_devices[i].prefix))
			return refused_devices[i].why;
	return NULL;
}
