/*
 * Known habits of processors that spoil a recording (FIELD-NOTES, ARCHITECTURE).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <cpuid.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kvm-record/host/hints.h"
#include "kvm-record/host/pmu-event.h"

#define MSR_ZEN_SPEC_LOCK_MAP 0xc0011020
#define SPEC_LOCK_MAP_OFF (1ull << 54)
#define ZEN_REMEDY                                               \
	"turn SpecLockMap off: set bit 54 of MSR 0xC0011020 on " \
	"every CPU (modprobe msr; wrmsr)"
#define SMI_REMEDY "echo 1 > /sys/devices/cpu/freeze_on_smi"

static bool is_amd(const struct rr_host_cpu *cpu)
{
	return !strcmp(cpu->vendor, "AuthenticAMD") ||
	       !strcmp(cpu->vendor, "HygonGenuine");
}

static bool is_virtual(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 31));
}

/* Of CPU 0: 1 off, 0 on, -1 not readable. */
static int spec_lock_map_off(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	uint64_t value;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = pread(fd, &value, sizeof(value), MSR_ZEN_SPEC_LOCK_MAP);
	close(fd);
	return n == sizeof(value) ? (value & SPEC_LOCK_MAP_OFF) != 0 : -1;
}

/* '0', '1', or 0 where there is no such file. */
static int freeze_on_smi(void)
{
	char c = 0;
	int fd = open("/sys/devices/cpu/freeze_on_smi", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c;
}

const char *host_hint_inexact(void)
{
	struct rr_host_cpu cpu = rr_host_cpu();

	if (is_amd(&cpu))
		return ZEN_REMEDY;
	return SMI_REMEDY "; on a hybrid processor stay on one kind of core";
}

static bool hint(const char *what, const char *cure, char *reason,
		 size_t reason_bytes, char *remedy, size_t remedy_bytes)
{
	snprintf(reason, reason_bytes, "%s", what);
	snprintf(remedy, remedy_bytes, "%s", cure);
	return true;
}

bool host_hints(char *reason, size_t reason_bytes, char *remedy,
		size_t remedy_bytes)
{
#define HINT(what, cure) \
	hint(what, cure, reason, reason_bytes, remedy, remedy_bytes)
	struct rr_host_cpu cpu = rr_host_cpu();
	const struct rr_pmu_event *e;
	char err[200];

	snprintf(reason, reason_bytes,
		 "%s family 0x%x model 0x%x%s: no known "
		 "trouble",
		 cpu.vendor, cpu.family, cpu.model,
		 is_virtual() ? ", virtual" : "");
	remedy[0] = '\0';
	if (is_virtual())
		return false;
	if (is_amd(&cpu)) {
		int off = spec_lock_map_off();

		if (!off)
			return HINT("SpecLockMap is on: counts are off by a "
				    "few in tens of millions",
				    ZEN_REMEDY);
		if (off < 0)
			return HINT("cannot read whether SpecLockMap is off "
				    "(no /dev/cpu/0/msr)",
				    ZEN_REMEDY);
	}
	if (freeze_on_smi() == '0')
		return HINT("an SMI's branches are counted as the guest's",
			    SMI_REMEDY);
	if (!rr_pmu_event_find(&e, err, sizeof(err)) && e->cpus)
		return HINT("several kinds of core: recordings stay on the big "
			    "ones",
			    "nothing to do");
	return false;
#undef HINT
}
