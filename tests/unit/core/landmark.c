/*
 * Landmark arithmetic.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "common/landmark/landmark.h"

#include "tests/tap.h"

static void test_names(void)
{
	bool all = true;
	unsigned int i;

	for (i = 0; i < RR_REG_COUNT; i++)
		all &= rr_reg_name((enum rr_reg)i) != NULL;
	ksft_ok(all && !strcmp(rr_reg_name(RR_REG_R15), "r15") &&
			!strcmp(rr_reg_name(RR_REG_RIP), "rip"),
		"each register has its name");
}

/* Every bit of every register counts, and only the ignored ones do not. */
static void test_each_bit(uint64_t ignored_rflags)
{
	struct rr_landmark a = { .branches = 7 };
	unsigned int reg, bit, wrong = 0;

	for (reg = 0; reg < RR_REG_COUNT; reg++) {
		for (bit = 0; bit < 64; bit++) {
			struct rr_landmark b = a;
			bool ignored = reg == RR_REG_RFLAGS &&
				       (ignored_rflags >> bit & 1);

			b.branches = 8;
			b.regs[reg] ^= UINT64_C(1) << bit;
			wrong += rr_landmark_first_difference(&a, &b,
							      ignored_rflags) !=
				 (ignored ? RR_REG_COUNT : reg);
			ignored = reg == RR_REG_RFLAGS &&
				  (RR_RFLAGS_IGNORED >> bit & 1);
			wrong += (rr_landmark_digest(&a) ==
				  rr_landmark_digest(&b)) != ignored;
		}
	}
	ksft_ok(!wrong, "difference and digest see each bit: %u wrong", wrong);
}

static void test_first(void)
{
	struct rr_landmark a = { 0 }, b = { 0 };

	b.regs[RR_REG_RIP] = 1;
	b.regs[RR_REG_RDX] = 1;
	ksft_ok(rr_landmark_first_difference(&a, &b, 0) == RR_REG_RDX,
		"the first difference");
}

/* The digest is part of traces: it may never change. */
static void test_known_values(void)
{
	struct rr_landmark lm = { 0 };
	unsigned int i;

	for (i = 0; i < RR_REG_COUNT; i++)
		lm.regs[i] = i * UINT64_C(0x0101010101010101);
	ksft_ok(rr_landmark_digest(&lm) == UINT64_C(0x5b1ead2343632505),
		"known digest: 0x%llx",
		(unsigned long long)rr_landmark_digest(&lm));
	ksft_ok(rr_output_hash(1, RR_OUTPUT_PORT | 0x3f8, 'A') ==
			UINT64_C(0xb92906346b62971f),
		"known output hash: 0x%llx",
		(unsigned long long)rr_output_hash(1, RR_OUTPUT_PORT | 0x3f8,
						   'A'));
}

static void test_output(void)
{
	uint64_t ab = rr_output_hash(rr_output_hash(0, 1, 'a'), 2, 'b');
	uint64_t ba = rr_output_hash(rr_output_hash(0, 2, 'b'), 1, 'a');

	ksft_ok(ab != ba, "the order of output counts");
	ksft_ok(rr_output_hash(0, 5, 0) != rr_output_hash(0, 6, 0) &&
			rr_output_hash(0, 5, 0) !=
				rr_output_hash(0, 5 | RR_OUTPUT_PORT, 0) &&
			rr_output_hash(0, 5, 0) != rr_output_hash(0, 5, 1) &&
			rr_output_hash(0, 5, 0) != rr_output_hash(1, 5, 0),
		"so do address, port, byte and what came before");
}

static void test_branches(void)
{
	uint64_t max = UINT64_MAX;

	ksft_ok(rr_landmark_compare_branches(1, 2) < 0 &&
			rr_landmark_compare_branches(2, 2) == 0 &&
			rr_landmark_compare_branches(3, 2) > 0,
		"before, at, past");
	ksft_ok(rr_landmark_compare_branches(0, max) < 0 &&
			rr_landmark_compare_branches(max, 0) > 0 &&
			rr_landmark_compare_branches(UINT64_C(1) << 63, 1) > 0,
		"the largest counts");
}

int main(void)
{
	ksft_plan(10);
	test_names();
	test_each_bit(RR_RFLAGS_IGNORED);
	test_each_bit(RR_RFLAGS_RF);
	test_first();
	test_known_values();
	test_output();
	test_branches();
	return ksft_end();
}
