/*
 * The CPU state of a trace: its layout is the one of FORMAT.md, and nothing is
 * lost on the way there and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: common/core/cpu-state.c */
#include <stdlib.h>
#include <string.h>

#include "common/core/cpu-state.h"

#include "tests/tap.h"

/* Names at the first and last index of each row of FORMAT.md's table. */
static const struct {
	uint32_t index;
	const char *name;
} layout[] = {
	{ 0, "rax" },	      { 16, "rip" },	   { 17, "rflags" },
	{ 18, "es" },	      { 19, "es.base" },   { 20, "es.limit" },
	{ 21, "es.flags" },   { 22, "cs" },	   { 42, "ldt" },
	{ 49, "tr.flags" },   { 50, "gdtr0" },	   { 53, "idtr1" },
	{ 54, "cr0" },	      { 58, "cr4" },	   { 59, "efer" },
	{ 60, "xcr0" },	      { 61, "msr0" },	   { 71, "msr10" },
	{ 72, "dr0" },	      { 79, "dr7" },	   { 80, "fpu_control" },
	{ 81, "fpu_status" }, { 82, "fpu_empty" }, { 83, "mxcsr" },
	{ 84, "fpr0[0]" },    { 99, "fpr7[1]" },   { 100, "ymm0[0]" },
	{ 163, "ymm15[3]" },  { 164, "flags" },
};

static void test_layout(void)
{
	bool ok = true;
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(layout) / sizeof(layout[0]); i++) {
		rr_cpu_state_name(layout[i].index, name);
		if (!strcmp(name, layout[i].name))
			continue;
		ok = false;
		ksft_note("%u is %s, not %s", layout[i].index, name,
			  layout[i].name);
	}
	ksft_ok(ok, "values are where FORMAT.md has them");
	rr_cpu_state_name(RR_CPU_STATE_COUNT, name);
	ksft_ok(!strcmp(name, "entry 165"), "no value behind the last");
}

/* Each byte of the image is another than its neighbours. */
static void fill(struct rr_cpu_image *im)
{
	unsigned char *p = (unsigned char *)im;
	size_t i;

	for (i = 0; i < sizeof(*im); i++)
		p[i] = i * 7 + i / 256;
}

static void test_round_trip(void)
{
	struct rr_cpu_image a, b;
	RRCPUState state = { 0 };

	fill(&a);
	memset(&b, 0, sizeof(b));
	rr_cpu_image_to_state(&a, &state);
	ksft_ok(state.count == RR_CPU_STATE_COUNT &&
			sizeof(a) == RR_CPU_STATE_COUNT * sizeof(uint64_t),
		"a state has %u values, and each member is one of them",
		RR_CPU_STATE_COUNT);
	ksft_ok(state.value[0] == a.regs[RR_REG_RAX] &&
			state.value[23] == a.seg[1].base &&
			state.value[57] == a.cr[3] &&
			state.value[99] == a.st[7][1] &&
			state.value[101] == a.ymm[0][1] &&
			state.value[164] == a.flags,
		"members are at their index");
	ksft_ok(rr_cpu_image_from_data(&b, state.value,
				       state.count * sizeof(uint64_t)) &&
			!memcmp(&a, &b, sizeof(a)),
		"there and back, all is as it was");
}

static void test_sizes(void)
{
	struct rr_cpu_image im, before;
	RRCPUState state = { 0 };
	bool ok = true;
	size_t bytes;

	fill(&im);
	before = im;
	for (bytes = 0; bytes <= sizeof(state.value); bytes++) {
		if (bytes == RR_CPU_STATE_COUNT * sizeof(uint64_t))
			continue;
		ok &= !rr_cpu_image_from_data(&im, state.value, bytes);
	}
	ksft_ok(ok && !memcmp(&im, &before, sizeof(im)),
		"data of each other size is refused, and changes nothing");
}

/* The flags of the last segment. */
#define TR_FLAGS (RR_REG_COUNT + 8 * 4 - 1)

static void test_compare(void)
{
	RRCPUState a = { .count = RR_CPU_STATE_COUNT }, b;
	char name[64], want[64];
	bool ok = true;
	uint32_t i;

	ksft_ok(rr_cpu_state_compare(&a, &a, name) == -1, "equal states");
	for (i = 0; i < RR_CPU_STATE_COUNT; i++) {
		b = a;
		b.value[i] ^= 1ull << 63;
		b.value[RR_CPU_STATE_COUNT - 1] ^= 1; /* the first is told */
		rr_cpu_state_name(i, want);
		ok &= rr_cpu_state_compare(&a, &b, name) == (int)i &&
		      !strcmp(name, want);
	}
	ksft_ok(ok, "the first value that differs is found, and named");
	b = a;
	b.value[TR_FLAGS] ^= 1u << 23;
	ksft_ok(rr_cpu_state_compare(&a, &b, name) == -1,
		"the granularity of a segment is not compared");
	b = a;
	b.count--;
	ksft_ok(rr_cpu_state_compare(&a, &b, name) == 0 &&
			!strcmp(name, "number of entries"),
		"states of different sizes are not equal");
}

int main(void)
{
	ksft_plan(10);
	test_layout();
	test_round_trip();
	test_sizes();
	test_compare();
	return ksft_end();
}
