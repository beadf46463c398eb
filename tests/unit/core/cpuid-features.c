/*
 * CPUID from a table: the bits that follow the CPU's state, functions that the
 * table lacks, and what a CPU gets from a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: common/core/cpuid-features.c common/core/cpuid-table.c */
#include "qemu/osdep.h"
#include "common/core/cpuid-features.h"
#include "cpu-internal.h"

#include "tests/tap.h"

#define SIGNIFICANT 1 /* the index selects the entry */

FeatureWordInfo feature_word_info[FEATURE_WORDS] = {
	[FEAT_1_EDX] = { .cpuid = { .eax = 1, .reg = R_EDX } },
	[FEAT_1_ECX] = { .cpuid = { .eax = 1, .reg = R_ECX } },
	[FEAT_7_0_EBX] = { .cpuid = { .eax = 7,
				      .needs_ecx = true,
				      .reg = R_EBX } },
	[FEAT_SVM] = { .cpuid = { .eax = 0x8000000a, .reg = R_EDX } },
	[FEAT_ARCH_CAPABILITIES] = { .type = MSR_FEATURE_WORD },
};

struct result {
	uint32_t eax, ebx, ecx, edx;
};

static RRCpuidEntry entries[] = {
	{ .function = 0,
	  .eax = 0xd,
	  .ebx = CPUID_VENDOR_INTEL_1,
	  .edx = CPUID_VENDOR_INTEL_2,
	  .ecx = CPUID_VENDOR_INTEL_3 },
	{ .function = 1,
	  .eax = 0x306c3,
	  .ebx = 0x11,
	  .ecx = CPUID_EXT_XSAVE | CPUID_EXT_OSXSAVE,
	  .edx = CPUID_APIC | 1 },
	{ .function = 7, .flags = SIGNIFICANT, .ebx = 0x70, .ecx = 1 << 3 },
	{ .function = 7, .flags = SIGNIFICANT, .index = 1, .eax = 0x71 },
	{ .function = 0xb, .flags = SIGNIFICANT, .index = 0, .eax = 1 },
	{ .function = 0xb, .flags = SIGNIFICANT, .index = 1, .edx = 0xb1 },
	{ .function = 0xd,
	  .flags = SIGNIFICANT,
	  .eax = 7,
	  .ebx = 1,
	  .ecx = 832 },
	{ .function = 0xd,
	  .flags = SIGNIFICANT,
	  .index = 2,
	  .eax = 256,
	  .ebx = 576 },
	{ .function = 0x80000000, .eax = 0x80000008 },
	{ .function = 0x80000008, .eax = 0x3027 },
};
static RRCpuidTable table = { entries, ARRAY_SIZE(entries) };

static struct result ask(RRCpuidInputs in, uint32_t function, uint32_t index)
{
	struct result a;

	rr_cpuid_lookup(&table, &in, function, index, &a.eax, &a.ebx, &a.ecx,
			&a.edx);
	return a;
}

static bool is(struct result a, uint32_t eax, uint32_t ebx, uint32_t ecx,
	       uint32_t edx)
{
	return a.eax == eax && a.ebx == ebx && a.ecx == ecx && a.edx == edx;
}

static void test_entries(void)
{
	RRCpuidInputs none = { 0 };

	ksft_ok(ask(none, 7, 1).eax == 0x71 && ask(none, 7, 0).ebx == 0x70,
		"the index selects an entry");
	ksft_ok(is(ask(none, 7, 2), 0, 0, 0, 0),
		"an index that the table lacks gives zeros");
	ksft_ok(ask(none, 1, 77).ebx == 0x11,
		"the index does not matter for a function without indexes");
	ksft_ok(is(ask(none, 0xb, 5), 0, 0, 5, 0xb1),
		"a topology level beyond the last keeps index and APIC id");
}

static void test_state(void)
{
	struct result off = ask((RRCpuidInputs){ 0 }, 1, 0);
	struct result on = ask((RRCpuidInputs){ .cr4 = CR4_OSXSAVE_MASK,
						.apic_enabled = true },
			       1, 0);

	ksft_ok(!(off.ecx & CPUID_EXT_OSXSAVE) && on.ecx & CPUID_EXT_OSXSAVE,
		"OSXSAVE follows CR4");
	ksft_ok(!(off.edx & CPUID_APIC) && on.edx & CPUID_APIC && off.edx == 1,
		"the APIC bit follows the APIC's state");
	off = ask((RRCpuidInputs){ 0 }, 7, 0);
	on = ask((RRCpuidInputs){ .cr4 = CR4_PKE_MASK }, 7, 0);
	ksft_ok(!(off.ecx & CPUID_7_0_ECX_OSPKE) &&
			on.ecx & CPUID_7_0_ECX_OSPKE,
		"OSPKE follows CR4");
	ksft_ok(ask((RRCpuidInputs){ .xcr0 = 3 }, 0xd, 0).ebx == 576 &&
			ask((RRCpuidInputs){ .xcr0 = 7 }, 0xd, 0).ebx == 832,
		"the size of an XSAVE area follows XCR0");
}

static void test_beyond(void)
{
	RRCpuidInputs x87_sse_avx = { .xcr0 = 7 };
	RRCpuidEntry intel = entries[0];

	ksft_ok(is(ask(x87_sse_avx, 0x20, 0), 7, 832, 832, 0),
		"Intel: a function beyond the limit is the highest basic one");
	ksft_ok(is(ask(x87_sse_avx, 5, 0), 0, 0, 0, 0),
		"Intel: a function below the limit that is missing gives zeros");
	entries[0].ebx = CPUID_VENDOR_AMD_1;
	entries[0].edx = CPUID_VENDOR_AMD_2;
	entries[0].ecx = CPUID_VENDOR_AMD_3;
	ksft_ok(is(ask(x87_sse_avx, 0x20, 0), 0, 0, 0, 0),
		"AMD: a function beyond the limit gives zeros");
	entries[0] = intel;
}

static void test_apply(void)
{
	X86CPU *cpu = g_new0(X86CPU, 1);
	CPUX86State *env = &cpu->env;
	const uint64_t shown = CPUID_APIC | 1;

	env->features[FEAT_SVM] = env->features[FEAT_ARCH_CAPABILITIES] = 9;
	rr_cpuid_apply(&table, cpu);
	ksft_ok((env->features[FEAT_1_EDX] & shown) == shown &&
			env->features[FEAT_7_0_EBX] == 0x70,
		"a CPU gets the features of the table");
	ksft_ok(env->features[FEAT_1_EDX] & CPUID_CMOV &&
			env->features[FEAT_1_ECX] & CPUID_EXT_CX16 &&
			!(env->features[FEAT_1_EDX] & CPUID_VME),
		"and what each processor that records executes");
	ksft_ok(!env->features[FEAT_SVM] &&
			!env->features[FEAT_ARCH_CAPABILITIES],
		"and no others");
	ksft_ok(env->cpuid_vendor1 == CPUID_VENDOR_INTEL_1 &&
			env->cpuid_level == 0xd &&
			env->cpuid_version == 0x306c3 &&
			env->cpuid_xlevel == 0x80000008 &&
			cpu->phys_bits == 0x27,
		"a CPU gets vendor, levels, version and address width");
	g_free(cpu);
}

int main(void)
{
	ksft_plan(15);
	test_entries();
	test_state();
	test_beyond();
	test_apply();
	return ksft_end();
}
