/*
 * The memory of the tiny guest: page tables, descriptors, gates, code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "kvm-record/host/tiny-guest.h"
#include "tests/tap.h"

#define PAGE_FLAGS 0xfffull
#define PRESENT_WRITABLE_USER 7
#define LARGE_PAGE 0x80

static uint8_t memory[TINY_MEMORY_BYTES];

static uint64_t get64(uint64_t at)
{
	uint64_t value;

	memcpy(&value, memory + at, sizeof(value));
	return value;
}

/* Walk the tables from @root as a processor does, to a 2 MiB page. */
static void test_pages(uint64_t root)
{
	uint64_t entry = get64(root);
	int level;

	for (level = 0; level < 2; level++) {
		if ((entry & PRESENT_WRITABLE_USER) != PRESENT_WRITABLE_USER ||
		    (entry & LARGE_PAGE) || (entry & ~PAGE_FLAGS) >= 0x10000)
			break;
		entry = get64(entry & ~PAGE_FLAGS);
	}
	ksft_ok(level == 2 &&
			(entry & PRESENT_WRITABLE_USER) ==
				PRESENT_WRITABLE_USER &&
			(entry & LARGE_PAGE) && !(entry & ~PAGE_FLAGS),
		"a large page of all rights maps 0 to 0");
}

/* Bits of descriptors: Intel SDM volume 3, figure 3-8. */
static void check_descriptor(const char *what, uint64_t at, int type, int dpl,
			     bool long_mode)
{
	uint64_t d = get64(at);

	ksft_ok((d >> 40 & 15) == (uint64_t)type &&
			(d >> 45 & 3) == (uint64_t)dpl && (d >> 47 & 1) &&
			(d >> 53 & 1) == long_mode,
		"%s: %016llx", what, (unsigned long long)d);
}

static uint64_t handler(int vector)
{
	uint64_t gate = 0x6000 + 16 * (uint64_t)vector;
	uint64_t low = get64(gate);

	return (low & 0xffff) | (low >> 48) << 16 | get64(gate + 8) << 32;
}

static bool is_gate(int vector)
{
	uint64_t low = get64(0x6000 + 16 * (uint64_t)vector);

	return (low >> 16 & 0xffff) == 0x08 && (low >> 40 & 0xff) == 0x8e;
}

static void test_gates(void)
{
	static const uint8_t interrupt[] = { 0xe6, TINY_INTERRUPT, 0x48, 0xcf };
	static const uint8_t fault[] = { 0xe6, TINY_FAULT, 0xf4 };
	int vector, wrong = 0;

	for (vector = 0; vector < 256; vector++)
		wrong += !is_gate(vector) ||
			 (handler(vector) == handler(TINY_VECTOR)) !=
				 (vector == TINY_VECTOR);
	ksft_ok(!wrong, "256 interrupt gates, one of them for TINY_VECTOR");
	ksft_ok(!memcmp(memory + handler(TINY_VECTOR), interrupt,
			sizeof(interrupt)),
		"the interrupt's handler: OUT, IRETQ");
	ksft_ok(!memcmp(memory + handler(13), fault, sizeof(fault)),
		"an exception's handler: OUT, HLT");
}

/* mov %r8d, %ecx; dec %ecx; jnz; out */
static void test_code(void)
{
	static const uint8_t loop[] = { 0x44, 0x89, 0xc1, 0xff,	     0xc9,
					0x75, 0xfc, 0xe6, TINY_RING0 };

	ksft_ok(!memcmp(memory + 0x8000, loop, sizeof(loop)),
		"the loop in ring 0");
	ksft_ok(get64(0x5000 + 4) == 0xe000, "the TSS has a stack for ring 0");
}

int main(void)
{
	ksft_plan(1 + 5 + 3 + 2);
	tiny_guest_fill_memory(memory);
	test_pages(0x1000);
	check_descriptor("code of ring 0", 0x4008, 11, 0, true);
	check_descriptor("data of ring 0", 0x4010, 3, 0, false);
	check_descriptor("code of ring 3", 0x4018, 11, 3, true);
	check_descriptor("data of ring 3", 0x4020, 3, 3, false);
	check_descriptor("the TSS", 0x4028, 11, 0, false);
	test_gates();
	test_code();
	return ksft_end();
}
