/*
 * x87's transcendentals as this machine executes them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>

#include "common/silicon/x87.h"
#include "tests/tap.h"

#define ONE_EXPONENT 0x3fff
#define INTEGER_BIT (UINT64_C(1) << 63)
#define FCW_DEFAULT 0x37f
#define FSW_C2 0x0400u
#define FSW_C3_C0 0x4100u
#define FSW_PE 0x0020u

static unsigned int top(const struct silicon_x87 *x)
{
	return x->status >> 11 & 7;
}

/* @insn of 2^@power and 1. */
static struct silicon_x87 run(enum silicon_x87_insn insn, int power)
{
	struct silicon_x87 x = {
		.control = FCW_DEFAULT,
		.status = FSW_C3_C0,
		.st = { { INTEGER_BIT, (uint16_t)(ONE_EXPONENT + power) },
			{ INTEGER_BIT, ONE_EXPONENT } },
	};

	ksft_ok(silicon_x87_run(insn, &x), "%s is executed",
		silicon_x87_name(insn));
	return x;
}

static void test_results(void)
{
	struct silicon_x87 x = run(SILICON_FYL2X, 3);

	ksft_ok(top(&x) == SILICON_X87_TOP_POPPED &&
			x.st[0].exponent == ONE_EXPONENT + 1 &&
			x.st[0].fraction == INTEGER_BIT + INTEGER_BIT / 2,
		"the logarithm of 8 is 3, and the stack is popped");
	x = run(SILICON_FPTAN, -1);
	ksft_ok(top(&x) == SILICON_X87_TOP_PUSHED &&
			x.st[0].exponent == ONE_EXPONENT &&
			x.st[0].fraction == INTEGER_BIT &&
			x.st[1].exponent == ONE_EXPONENT - 1 &&
			x.status & FSW_PE,
		"FPTAN pushes 1 over the tangent");
	x = run(SILICON_FSIN, 64);
	ksft_ok(x.status & FSW_C2 && x.st[0].exponent == ONE_EXPONENT + 64,
		"FSIN of 2^64 sets C2 and keeps its operand");
	x = run(SILICON_FSIN, -1);
	ksft_ok(!(x.status & FSW_C2) && (x.status & FSW_C3_C0) == FSW_C3_C0,
		"FSIN of 0.5 clears C2 and keeps C0 and C3");
}

static void test_control_word(void)
{
	struct silicon_x87 x = { .control = FCW_DEFAULT | 0x0c00 };
	uint16_t before, after;

	__asm__ volatile("fnstcw %0" : "=m"(before));
	silicon_x87_run(SILICON_FCOS, &x);
	__asm__ volatile("fnstcw %0" : "=m"(after));
	ksft_ok(before == after, "the control word is what it was before");
}

int main(void)
{
	ksft_plan(10);
	test_results();
	test_control_word();
	ksft_ok(silicon_x87_fingerprint() &&
			silicon_x87_fingerprint() == silicon_x87_fingerprint(),
		"the fingerprint repeats itself");
	return ksft_end();
}
