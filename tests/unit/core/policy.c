/*
 * The rules that recorder and replayer share: which features no guest is shown,
 * and which MSRs are CPU state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: common/core/policy.c */
#include "qemu/osdep.h"
#include "cpu.h"
#include "common/core/policy.h"

#include "tests/tap.h"

#define TSC_AUX 0xc0000103u
#define CORE_CAPABILITY_SPLIT_LOCK \
	(1u << 5) /* SDM vol. 4, IA32_CORE_CAPABILITIES */
#define XGETBV1 (1u << 2) /* CPUID 0xd, 1, EAX */

static const struct {
	const char *name;
	int word;
	uint32_t bit;
} hidden[] = {
	{ "UMWAIT and TPAUSE (WAITPKG)", FEAT_7_0_ECX, 1u << 5 },
	{ "RDPRU", FEAT_8000_0008_EBX, 1u << 4 },
	{ "MONITORX and MWAITX", FEAT_8000_0001_ECX, 1u << 29 },
	{ "MONITOR and MWAIT", FEAT_1_ECX, CPUID_EXT_MONITOR },
	{ "XGETBV with ECX = 1", FEAT_XSAVE, XGETBV1 },
	{ "the #AC of split locks", FEAT_CORE_CAPABILITY,
	  CORE_CAPABILITY_SPLIT_LOCK },
	{ "RDRAND", FEAT_1_ECX, CPUID_EXT_RDRAND },
	{ "RDSEED", FEAT_7_0_EBX, CPUID_7_0_EBX_RDSEED },
	{ "TSC deadline", FEAT_1_ECX, CPUID_EXT_TSC_DEADLINE_TIMER },
	{ "RTM", FEAT_7_0_EBX, CPUID_7_0_EBX_RTM },
	{ "KVM's hypercalls", FEAT_KVM, 1u << 0 },
};

int main(void)
{
	size_t i;

	ksft_plan(ARRAY_SIZE(hidden) + 5);
	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		ksft_ok(rr_hidden_features(hidden[i].word) & hidden[i].bit,
			"hidden: %s", hidden[i].name);
	/* KVM keeps it with the vCPU, TCG too: no record is needed. */
	ksft_ok(!(rr_hidden_features(FEAT_7_0_ECX) & CPUID_7_0_ECX_RDPID) &&
			rr_msr_is_cpu_state(TSC_AUX),
		"RDPID is shown: TSC_AUX is CPU state");
	ksft_ok(!rr_msr_is_cpu_state(0x10) && !rr_msr_is_cpu_state(0xcf),
		"the TSC and IA32_CORE_CAPABILITIES are not");
	ksft_ok(rr_msr_is_paravirtual(0x40000001) &&
			rr_msr_is_paravirtual(0x4b564d01) &&
			rr_msr_is_paravirtual(0x12) &&
			!rr_msr_is_paravirtual(0x10) &&
			!rr_msr_is_paravirtual(0x40000200) &&
			!rr_msr_is_paravirtual(0x4b564cff),
		"the MSRs of Hyper-V and KVM are known");
	ksft_ok(rr_msr_is_x2apic(0x800) && rr_msr_is_x2apic(0x8ff) &&
			!rr_msr_is_x2apic(0x7ff) && !rr_msr_is_x2apic(0x900),
		"and those of the x2APIC");
	ksft_ok(rr_msr_write_rule(0x40000001) == RR_MSR_WRITE_FAULTS &&
			rr_msr_write_rule(0x140) == RR_MSR_WRITE_FAULTS &&
			rr_msr_write_rule(0xce) == RR_MSR_WRITE_FAULTS &&
			rr_msr_write_rule(0x8b) == RR_MSR_WRITE_IGNORED &&
			rr_msr_write_rule(0x277) == RR_MSR_WRITE_KVM &&
			rr_msr_write_rule(0x3b) == RR_MSR_WRITE_KVM,
		"and which writes KVM does not see");
	return ksft_end();
}
