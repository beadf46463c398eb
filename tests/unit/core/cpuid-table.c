/*
 * CPUID from a table: what KVM gives for leaves that are in it, that are not,
 * and that depend on CPU state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: common/core/cpuid-table.c */
#include <string.h>

#include "common/core/cpuid-table.h"

#include "tests/tap.h"

#define INDEXED 1 /* KVM_CPUID_FLAG_SIGNIFCANT_INDEX */
#define AMD 0x68747541, 0x444d4163, 0x69746e65 /* ebx, ecx, edx */
#define INTEL 0x756e6547, 0x6c65746e, 0x49656e69
#define XSAVE (1u << 26)
#define OSXSAVE (1u << 27)
#define APIC (1u << 9)
#define PKU (1u << 3)
#define OSPKE (1u << 4)

/* function, index, flags, eax, ebx, ecx, edx */
static RRCpuidEntry entries[] = {
	{ 0, 0, 0, 0xd, AMD, { 0 } },
	{ 1, 0, 0, 0x800f12, 0x800, XSAVE | OSXSAVE, APIC, { 0 } },
	{ 7, 0, INDEXED, 1, 2, PKU, 4, { 0 } },
	{ 7, 1, INDEXED, 5, 6, PKU, 8, { 0 } },
	{ 0xb, 0, INDEXED, 1, 1, 0x100, 77, { 0 } },
	{ 0xb, 1, INDEXED, 2, 2, 0x201, 77, { 0 } },
	{ 0xd, 0, INDEXED, 7, 832, 832, 0, { 0 } },
	{ 0xd, 2, INDEXED, 256, 576, 0, 0, { 0 } },
	{ 0xd, 9, INDEXED, 8, 2688, 0, 0, { 0 } },
	{ 0x80000000, 0, 0, 0x8000001f, 0, 0, 0, { 0 } },
};
static const RRCpuidTable table = { entries,
				    sizeof(entries) / sizeof(entries[0]) };

struct regs {
	uint32_t eax, ebx, ecx, edx;
};

static struct regs cpuid(uint32_t function, uint32_t index, uint64_t cr4,
			 uint64_t xcr0, bool apic)
{
	RRCpuidInputs in = { .cr4 = cr4, .xcr0 = xcr0, .apic_enabled = apic };
	struct regs r = { 1, 2, 3, 4 };

	rr_cpuid_lookup(&table, &in, function, index, &r.eax, &r.ebx, &r.ecx,
			&r.edx);
	return r;
}

static bool is(struct regs r, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return r.eax == a && r.ebx == b && r.ecx == c && r.edx == d;
}

static void set_vendor(uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	entries[0].ebx = ebx;
	entries[0].ecx = ecx;
	entries[0].edx = edx;
}

static void test_plain(void)
{
	ksft_ok(is(cpuid(7, 1, 0, 0, false), 5, 6, PKU, 8),
		"a leaf with a subleaf");
	ksft_ok(is(cpuid(0x80000000, 99, 0, 0, false), 0x8000001f, 0, 0, 0),
		"the subleaf does not matter where it is not significant");
	ksft_ok(rr_cpuid_find(&table, 7, 2) == NULL &&
			rr_cpuid_find(&table, 7, 1) == &entries[3],
		"an entry is found, or none");
}

static void test_dynamic(void)
{
	uint64_t osxsave = 1u << 18, pke = 1u << 22;

	ksft_ok(cpuid(1, 0, 0, 0, true).ecx == XSAVE &&
			cpuid(1, 0, osxsave, 0, true).ecx == (XSAVE | OSXSAVE),
		"OSXSAVE follows CR4");
	entries[1].ecx = OSXSAVE;
	ksft_ok(cpuid(1, 0, 0, 0, true).ecx == OSXSAVE,
		"without XSAVE it is the table's");
	entries[1].ecx = XSAVE | OSXSAVE;
	ksft_ok(cpuid(1, 0, 0, 0, true).edx == APIC &&
			cpuid(1, 0, 0, 0, false).edx == 0,
		"the APIC bit follows the APIC base");
	ksft_ok(cpuid(7, 0, pke, 0, false).ecx == (PKU | OSPKE) &&
			cpuid(7, 0, 0, 0, false).ecx == PKU &&
			cpuid(7, 1, pke, 0, false).ecx == PKU,
		"OSPKE follows CR4, in subleaf 0");
	entries[2].ecx = 0;
	ksft_ok(cpuid(7, 0, pke, 0, false).ecx == 0, "not without PKU");
	entries[2].ecx = PKU;
	ksft_ok(cpuid(0xd, 0, 0, 3, false).ebx == 576 &&
			cpuid(0xd, 0, 0, 7, false).ebx == 832 &&
			cpuid(0xd, 0, 0, 0x207, false).ebx == 2696 &&
			cpuid(0xd, 0, 0, 0x203, false).ebx == 2696,
		"the size of the XSAVE area follows XCR0");
	ksft_ok(cpuid(0xd, 2, 0, 0x207, false).ebx == 576,
		"the offsets of its parts do not");
}

static void test_missing(void)
{
	ksft_ok(is(cpuid(0x40000000, 0, 0, 0, false), 0, 0, 0, 0) &&
			is(cpuid(7, 2, 0, 0, false), 0, 0, 0, 0),
		"AMD: zeros");
	ksft_ok(is(cpuid(0xb, 2, 0, 0, false), 0, 0, 2, 77) &&
			is(cpuid(0xb, 0x1ff, 0, 0, false), 0, 0, 0xff, 77),
		"topology: ECX[7:0] and EDX stay");
	set_vendor(INTEL);
	ksft_ok(is(cpuid(0x20, 2, 0, 0, false), 256, 576, 0, 0),
		"Intel: the highest basic leaf, beyond the limit");
	ksft_ok(cpuid(0x40000000, 0, 0, 7, false).ebx == 832,
		"Intel: of a class that there is not, with its CPU state");
	ksft_ok(is(cpuid(3, 0, 0, 0, false), 0, 0, 0, 0) &&
			is(cpuid(0x80000005, 0, 0, 0, false), 0, 0, 0, 0),
		"Intel: zeros within the limits");
	set_vendor(AMD);
}

int main(void)
{
	ksft_plan(15);
	test_plain();
	test_dynamic();
	test_missing();
	return ksft_end();
}
