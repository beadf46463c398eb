/*
 * What may spoil a recording, by the facts of a host; see hints.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/host/hints.h"

#include <glib.h>
#include <stdarg.h>
#include <string.h>

static unsigned int quirks_of(const struct rr_host_cpu *cpu)
{
	const struct rr_cpu_family *f = rr_cpu_family_find(cpu);

	/* Without a row it is taken for a later Intel processor. */
	return f ? f->quirks : RR_QUIRK_SMI | RR_QUIRK_HYBRID;
}

static struct host_hint __attribute__((format(printf, 3, 4)))
hint(enum host_check_status status, const char *remedy, const char *fmt, ...)
{
	struct host_hint h = { .status = status, .remedy = remedy };
	va_list ap;

	va_start(ap, fmt);
	g_vsnprintf(h.reason, sizeof(h.reason), fmt, ap);
	va_end(ap);
	return h;
}

struct host_hint host_hint_processor(const struct host_facts *f)
{
	const struct rr_host_cpu *cpu = &f->cpu;

	/* Not a warning: the check pmu-exact tries what a hypervisor counts. */
	if (f->is_virtual)
		return hint(
			HOST_CHECK_OK, "",
			"%s family 0x%x model 0x%x, virtual: this host is a "
			"guest, whose hypervisor counts the branches, and "
			"whose SMIs and MSRs are not seen",
			cpu->vendor, cpu->family, cpu->model);
	return hint(HOST_CHECK_OK, "", "%s family 0x%x model 0x%x", cpu->vendor,
		    cpu->family, cpu->model);
}

/* Speculation behind a locked instruction is rolled back, the counter is not. */
struct host_hint host_hint_spec_lock_map(const struct host_facts *f)
{
	const char *remedy = rr_quirk_remedy(RR_QUIRK_SPEC_LOCK_MAP);

	if (!(quirks_of(&f->cpu) & RR_QUIRK_SPEC_LOCK_MAP))
		return hint(HOST_CHECK_OK, "", "not on this processor");
	/* A hypervisor may hide the MSR. */
	if (f->is_virtual)
		return hint(HOST_CHECK_OK, "", "not known on a virtual host");
	if (f->spec_lock_map == HOST_SWITCH_ON)
		return hint(
			HOST_CHECK_FAIL, remedy,
			"SpecLockMap is on: counts are off by a few in tens "
			"of millions");
	if (f->spec_lock_map == HOST_SWITCH_UNKNOWN)
		return hint(HOST_CHECK_WARN, remedy,
			    "cannot read whether SpecLockMap is off (no "
			    "/dev/cpu/0/msr)");
	return hint(HOST_CHECK_OK, "", "SpecLockMap is off");
}

struct host_hint host_hint_smi(const struct host_facts *f)
{
	const char *remedy = rr_quirk_remedy(RR_QUIRK_SMI);

	/* A hypervisor runs the SMIs itself. */
	if (!(quirks_of(&f->cpu) & RR_QUIRK_SMI) || f->is_virtual)
		return hint(HOST_CHECK_OK, "", "not on this processor");
	if (f->freeze_on_smi == HOST_SWITCH_OFF)
		return hint(HOST_CHECK_FAIL, remedy,
			    "the branches of an SMI handler are counted as the "
			    "guest's");
	if (f->freeze_on_smi == HOST_SWITCH_UNKNOWN)
		return hint(HOST_CHECK_WARN, "",
			    "there is no freeze_on_smi: the branches of an SMI "
			    "handler may be counted as the guest's");
	return hint(HOST_CHECK_OK, "", "freeze_on_smi is on");
}

/* It takes a counter on each CPU, and its NMIs leave the guest. */
struct host_hint host_hint_nmi_watchdog(const struct host_facts *f)
{
	if (f->nmi_watchdog == HOST_SWITCH_ON)
		return hint(HOST_CHECK_WARN, "sysctl kernel.nmi_watchdog=0",
			    "the NMI watchdog uses one of the counters");
	return hint(HOST_CHECK_OK, "", "no NMI watchdog");
}

struct host_hint host_hint_core_types(const struct host_facts *f)
{
	if (f->two_core_types)
		return hint(HOST_CHECK_WARN, "",
			    "two kinds of core: recordings stay on CPUs %s, "
			    "and the fingerprint is that of where it was taken",
			    f->big_cores);
	return hint(HOST_CHECK_OK, "", "one kind of core");
}

/*
 * An event that counts guests and a VM with a mediated PMU exclude each other
 * (Linux 7.0, perf_create_mediated_pmu()).
 */
struct host_hint host_hint_mediated_pmu(const struct host_facts *f)
{
	if (f->mediated_pmu == HOST_SWITCH_ON)
		return hint(HOST_CHECK_WARN,
			    "load kvm_intel or kvm_amd with "
			    "enable_mediated_pmu=0",
			    "KVM gives guests the whole PMU: while another VM "
			    "has one nothing can be recorded, and no such VM "
			    "starts while something is");
	return hint(HOST_CHECK_OK, "", "KVM's PMU is not mediated");
}

/* Linux: Documentation/admin-guide/hw-vuln/vmscape.rst. */
struct host_hint host_hint_vmscape(const struct host_facts *f)
{
	if (strstr(f->vmscape, "IBPB"))
		return hint(HOST_CHECK_WARN,
			    "vmscape=off on the kernel's command line, if all "
			    "guests are trusted",
			    "VMSCAPE, \"%s\": each exit to QEMU also flushes "
			    "the branch predictor, so recording is slower",
			    f->vmscape);
	return hint(HOST_CHECK_OK, "", "no flush at exits to QEMU (%s)",
		    f->vmscape[0] ? f->vmscape :
				    "this kernel knows no vmscape");
}

struct host_hint host_hint_split_lock(const struct host_facts *f)
{
	if (f->split_lock_fatal)
		return hint(HOST_CHECK_WARN, "split_lock_detect=warn",
			    "Linux kills a guest that locks across a cache "
			    "line (split_lock_detect=fatal)");
	if (f->split_lock_detect)
		return hint(HOST_CHECK_OK, "",
			    "a guest that locks across a cache line is slowed "
			    "down; its #AC stays with the host");
	return hint(HOST_CHECK_OK, "", "no #AC for split locks");
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
