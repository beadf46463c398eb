/*
 * The facts of this host that hints depend on; see hints.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/host/hints.h"

#include <cpuid.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "kvm-record/host/pmu-event.h"

/* Linux calls it MSR_AMD64_LS_CFG; on Zen bit 54 turns SpecLockMap off. */
#define MSR_LS_CFG 0xc0011020
#define SPEC_LOCK_MAP_OFF (1ull << 54)

static bool is_virtual(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 31));
}

/* Reads CPU 0 and takes the others to be the same. */
static enum host_switch read_spec_lock_map(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	uint64_t value;
	ssize_t n;

	if (fd < 0)
		return HOST_SWITCH_UNKNOWN;
	n = pread(fd, &value, sizeof(value), MSR_LS_CFG);
	close(fd);
	if (n != sizeof(value))
		return HOST_SWITCH_UNKNOWN;
	return value & SPEC_LOCK_MAP_OFF ? HOST_SWITCH_OFF : HOST_SWITCH_ON;
}

/* The text of a file of the kernel's without its newline, or NULL. */
static char *read_text(const char *path)
{
	char *text;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	return g_strchomp(text);
}

/* "1" or "Y" is on. */
static enum host_switch read_switch(const char *path)
{
	g_autofree char *text = read_text(path);

	if (!text)
		return HOST_SWITCH_UNKNOWN;
	if (!strcmp(text, "1") || !strcmp(text, "Y"))
		return HOST_SWITCH_ON;
	if (!strcmp(text, "0") || !strcmp(text, "N"))
		return HOST_SWITCH_OFF;
	return HOST_SWITCH_UNKNOWN;
}

/* The first of two files that there is: what vendors name differently. */
static enum host_switch read_either(const char *one, const char *other)
{
	enum host_switch value = read_switch(one);

	return value == HOST_SWITCH_UNKNOWN ? read_switch(other) : value;
}

/* Linux: Documentation/arch/x86/buslock.rst. */
static void read_split_lock(struct host_facts *f)
{
	g_autofree char *cpuinfo = read_text("/proc/cpuinfo");
	g_autofree char *cmdline = read_text("/proc/cmdline");

	f->split_lock_detect = cpuinfo && strstr(cpuinfo, "split_lock_detect");
	if (!f->split_lock_detect || !cmdline)
		return;
	f->split_lock_fatal = strstr(cmdline, "split_lock_detect=fatal");
	if (strstr(cmdline, "split_lock_detect=off"))
		f->split_lock_detect = false;
}

static unsigned int quirks_of(const struct rr_host_cpu *cpu)
{
	const struct rr_cpu_family *f = rr_cpu_family_find(cpu);

	return f ? f->quirks : 0;
}

struct host_facts host_facts_read(void)
{
	struct host_facts f = {
		.cpu = rr_host_cpu(),
		.is_virtual = is_virtual(),
		.spec_lock_map = HOST_SWITCH_UNKNOWN,
		.freeze_on_smi =
			read_either("/sys/devices/cpu/freeze_on_smi",
				    "/sys/devices/cpu_core/freeze_on_smi"),
		.nmi_watchdog = read_switch("/proc/sys/kernel/nmi_watchdog"),
		.mediated_pmu = read_either(
			"/sys/module/kvm_intel/parameters/enable_mediated_pmu",
			"/sys/module/kvm_amd/parameters/enable_mediated_pmu"),
	};
	g_autofree char *vmscape =
		read_text("/sys/devices/system/cpu/vulnerabilities/vmscape");
	struct rr_pmu_event e;

	if (quirks_of(&f.cpu) & RR_QUIRK_SPEC_LOCK_MAP)
		f.spec_lock_map = read_spec_lock_map();
	f.two_core_types = rr_pmu_event_find(&e, NULL) && e.cpus[0];
	if (f.two_core_types)
		g_strlcpy(f.big_cores, e.cpus, sizeof(f.big_cores));
	if (vmscape)
		g_strlcpy(f.vmscape, vmscape, sizeof(f.vmscape));
	read_split_lock(&f);
	return f;
}
