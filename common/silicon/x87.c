/*
 * The transcendental instructions of x87, executed natively; see x87.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/silicon/operands.h"
#include "common/silicon/x87.h"

#define RUNS 256 /* of each instruction, for the fingerprint */
#define BIAS 16383
#define CONDITION_CODES 0x4700u
/* Masked; an unmasked overflow or underflow gives another result. */
#define MASK_OPERANDS 0x27u
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

const char *silicon_x87_name(enum silicon_x87_insn insn)
{
	static const char *const names[] = {
		[SILICON_F2XM1] = "F2XM1",     [SILICON_FYL2X] = "FYL2X",
		[SILICON_FYL2XP1] = "FYL2XP1", [SILICON_FPTAN] = "FPTAN",
		[SILICON_FPATAN] = "FPATAN",   [SILICON_FSIN] = "FSIN",
		[SILICON_FCOS] = "FCOS",       [SILICON_FSINCOS] = "FSINCOS",
	};

	return names[insn];
}

#if defined(__x86_64__) || defined(__i386__)

/* What FLDENV loads: an empty stack and the words of the guest. */
struct environment {
	uint32_t control, status, tags, pointers[4];
};

/* The last FNINIT restores the control word that compiled code expects. */
#define RUN(name, insn)                                                     \
	case SILICON_##name:                                                \
		__asm__ volatile("fldenv %4\n\tfldt %1\n\tfldt %0\n\t" insn \
				 "\n\tfnstsw %2\n\tfnclex\n\tfstpt %0\n\t"  \
				 "fstpt %1\n\tfninit"                       \
				 : "+m"(x->st[0]), "+m"(x->st[1]),          \
				   "=m"(status)                             \
				 : "m"(*x), "m"(env)                        \
				 : "memory");                               \
		break;

bool silicon_x87_run(enum silicon_x87_insn insn, struct silicon_x87 *x)
{
	struct environment env = {
		.control = x->control | MASK_OPERANDS,
		.status = x->status & CONDITION_CODES,
		.tags = 0xffff,
	};
	uint16_t status = 0;

	switch (insn) {
		RUN(F2XM1, "f2xm1")
		RUN(FYL2X, "fyl2x")
		RUN(FYL2XP1, "fyl2xp1")
		RUN(FPTAN, "fptan")
		RUN(FPATAN, "fpatan")
		RUN(FSIN, "fsin")
		RUN(FCOS, "fcos")
		RUN(FSINCOS, "fsincos")
	default:
		return false;
	}
	x->status = status;
	return true;
}

#else

bool silicon_x87_run(enum silicon_x87_insn insn, struct silicon_x87 *x)
{
	(void)insn;
	(void)x;
	return false;
}

#endif

static void add(uint64_t *fingerprint, uint64_t value)
{
	*fingerprint = (*fingerprint ^ value) * FNV_PRIME;
}

/* A number from 2^-20 to 2^@exponents, of either sign or positive. */
static struct silicon_x87_reg next_number(uint64_t *state, unsigned int range,
					  bool is_signed)
{
	uint64_t random = silicon_next_random(state);
	struct silicon_x87_reg r;

	r.fraction = silicon_next_random(state) | UINT64_C(1) << 63;
	r.exponent = (uint16_t)(BIAS - 20 + random % range);
	if (is_signed && random >> 63)
		r.exponent |= 0x8000;
	return r;
}

/* Operands in the domain of @insn (SDM vol. 2). */
static struct silicon_x87 next_operands(enum silicon_x87_insn insn,
					uint64_t *state)
{
	struct silicon_x87 x = { .control = 0x37f };
	bool is_log = insn == SILICON_FYL2X;
	unsigned int range = insn == SILICON_F2XM1   ? 20 :
			     insn == SILICON_FYL2XP1 ? 18 :
						       30;

	x.control |= (uint16_t)((silicon_next_random(state) & 3) << 10);
	x.st[0] = next_number(state, range, !is_log);
	x.st[1] = next_number(state, 30, true);
	return x;
}

uint64_t silicon_x87_fingerprint(void)
{
	uint64_t fingerprint = FNV_BASIS;
	unsigned int insn, run;

	for (insn = 0; insn < SILICON_X87_INSNS; insn++) {
		uint64_t state = UINT64_C(88172645463325252) + insn;

		for (run = 0; run < RUNS; run++) {
			struct silicon_x87 x = next_operands(insn, &state);

			if (!silicon_x87_run(insn, &x))
				return 0;
			add(&fingerprint, x.st[0].fraction);
			add(&fingerprint, x.st[0].exponent);
			add(&fingerprint, x.status);
		}
	}
	return fingerprint;
}
