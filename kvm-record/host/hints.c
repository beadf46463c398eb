/*
 * Properties of the processor that can spoil a recording; see hints.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/host/hints.h"

#include <cpuid.h>
#include <fcntl.h>
#include <glib.h>
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
static int read_spec_lock_map(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	uint64_t value;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = pread(fd, &value, sizeof(value), MSR_LS_CFG);
	close(fd);
	return n == sizeof(value) ? !(value & SPEC_LOCK_MAP_OFF) : -1;
}

static int read_freeze_on_smi(void)
{
	int fd = open("/sys/devices/cpu/freeze_on_smi", O_RDONLY | O_CLOEXEC);
	char c = 0;

	if (fd < 0)
		return -1;
	if (read(fd, &c, 1) != 1)
		c = 0;
	close(fd);
	return c == '0' ? 0 : c == '1' ? 1 : -1;
}

static unsigned int quirks_of(const struct rr_host_cpu *cpu)
{
	const struct rr_cpu_family *f = rr_cpu_family_find(cpu);

	/* Without a row it is taken for a later Intel processor. */
	return f ? f->quirks : RR_QUIRK_SMI | RR_QUIRK_HYBRID;
}

struct host_facts host_facts_read(void)
{
	struct host_facts f = {
		.cpu = rr_host_cpu(),
		.is_virtual = is_virtual(),
		.spec_lock_map = -1,
		.freeze_on_smi = read_freeze_on_smi(),
	};
	struct rr_pmu_event e;

	if (quirks_of(&f.cpu) & RR_QUIRK_SPEC_LOCK_MAP)
		f.spec_lock_map = read_spec_lock_map();
	f.two_core_types = rr_pmu_event_find(&e, NULL) && e.cpus[0];
	return f;
}

static struct host_hint warning(const char *reason, const char *remedy)
{
	struct host_hint hint = { .is_warning = true, .remedy = remedy };

	g_strlcpy(hint.reason, reason, sizeof(hint.reason));
	return hint;
}

static struct host_hint no_hint(const struct host_facts *facts)
{
	struct host_hint hint = { .remedy = "" };

	g_snprintf(hint.reason, sizeof(hint.reason),
		   "%s family 0x%x model 0x%x%s: no known trouble",
		   facts->cpu.vendor, facts->cpu.family, facts->cpu.model,
		   facts->is_virtual ? ", virtual" : "");
	return hint;
}

struct host_hint host_hint(const struct host_facts *facts)
{
	unsigned int quirks = quirks_of(&facts->cpu);

	/* A hypervisor may hide the MSR, and runs the SMIs itself. */
	if (facts->is_virtual)
		return no_hint(facts);
	if ((quirks & RR_QUIRK_SPEC_LOCK_MAP) && facts->spec_lock_map > 0)
		return warning("SpecLockMap is on: counts are off by a few in "
			       "tens of millions",
			       rr_quirk_remedy(RR_QUIRK_SPEC_LOCK_MAP));
	if ((quirks & RR_QUIRK_SPEC_LOCK_MAP) && facts->spec_lock_map < 0)
		return warning("cannot read whether SpecLockMap is off (no "
			       "/dev/cpu/0/msr)",
			       rr_quirk_remedy(RR_QUIRK_SPEC_LOCK_MAP));
	if ((quirks & RR_QUIRK_SMI) && !facts->freeze_on_smi)
		return warning("the branches of an SMI handler are counted as "
			       "the guest's",
			       rr_quirk_remedy(RR_QUIRK_SMI));
	if (facts->two_core_types)
		return warning("two kinds of core: recordings stay on the big "
			       "ones",
			       "nothing to do");
	return no_hint(facts);
}

char *host_inexact_remedy(const struct rr_host_cpu *cpu)
{
	unsigned int quirks = quirks_of(cpu);

	if (quirks & RR_QUIRK_SPEC_LOCK_MAP)
		return g_strdup(rr_quirk_remedy(RR_QUIRK_SPEC_LOCK_MAP));
	return g_strdup_printf("%s; on a hybrid processor %s",
			       rr_quirk_remedy(RR_QUIRK_SMI),
			       rr_quirk_remedy(RR_QUIRK_HYBRID));
}
