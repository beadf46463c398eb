/*
 * The probe: instructions on fixed operands, executed natively.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cpuid.h>
#include <string.h>

#include "common/silicon/operands.h"
#include "common/silicon/probe.h"
#include "common/silicon/tables.h"
#include "common/silicon/x87.h"

#define RUNS 256 /* of each instruction */
#define TABLE_RUNS 4096 /* of RCPSS and of RSQRTSS */

/* What an instruction works on, and what it leaves. */
struct operands {
	uint64_t dest, source, count, flags;
};

typedef void (*probe_fn)(struct operands *o);

/* PUSH goes below the red zone, which the compiler may be using. */
#define PROBE(name, insn)                                              \
	static __attribute__((noinline)) void name(struct operands *o) \
	{                                                              \
		uint64_t flags = o->flags, dest = o->dest;             \
                                                                       \
		__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"          \
				 "push %1\n\tpopf\n\t" insn "\n\t"     \
				 "pushf\n\tpop %1\n\t"                 \
				 "lea 128(%%rsp), %%rsp"               \
				 : "+r"(dest), "+r"(flags)             \
				 : "r"(o->source), "c"(o->count)       \
				 : "cc", "memory");                    \
		o->dest = dest;                                        \
		o->flags = flags;                                      \
	}

/* Instructions on RDX:RAX; the result is the low half. */
#define PROBE_WIDE(name, insn)                                         \
	static __attribute__((noinline)) void name(struct operands *o) \
	{                                                              \
		uint64_t flags = o->flags, low = o->dest, high = 0;    \
                                                                       \
		__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"          \
				 "push %2\n\tpopf\n\t" insn "\n\t"     \
				 "pushf\n\tpop %2\n\t"                 \
				 "lea 128(%%rsp), %%rsp"               \
				 : "+a"(low), "+d"(high), "+r"(flags)  \
				 : "r"(o->source)                      \
				 : "cc", "memory");                    \
		o->dest = low;                                         \
		o->flags = flags;                                      \
	}

PROBE(bsf, "bsf %2, %0")
PROBE(bsr, "bsr %2, %0")
PROBE(bsf_32, "bsfl %k2, %k0")
PROBE(shl, "shl %%cl, %0")
PROBE(shr, "shr %%cl, %0")
PROBE(sar, "sar %%cl, %0")
PROBE(shl_8, "shlb %%cl, %b0")
PROBE(shr_8, "shrb %%cl, %b0")
PROBE(sar_8, "sarb %%cl, %b0")
PROBE(shl_16, "shlw %%cl, %w0")
PROBE(rol, "rol %%cl, %0")
PROBE(ror, "ror %%cl, %0")
PROBE(rcl, "rcl %%cl, %0")
PROBE(rcr, "rcr %%cl, %0")
PROBE(rol_8, "rolb %%cl, %b0")
PROBE(ror_8, "rorb %%cl, %b0")
PROBE(rcl_8, "rclb %%cl, %b0")
PROBE(rcr_8, "rcrb %%cl, %b0")
PROBE(rcl_16, "rclw %%cl, %w0")
PROBE(shld, "shld %%cl, %2, %0")
PROBE(shrd, "shrd %%cl, %2, %0")
PROBE(shld_16, "shldw %%cl, %w2, %w0")
PROBE(shrd_16, "shrdw %%cl, %w2, %w0")
PROBE(imul, "imul %2, %0")
PROBE(imul_32, "imull %k2, %k0")
PROBE(imul_16, "imulw %w2, %w0")
PROBE(lzcnt, "lzcnt %2, %0")
PROBE(tzcnt, "tzcnt %2, %0")
PROBE(andn, "andn %2, %0, %0")
PROBE(blsi, "blsi %2, %0")
PROBE(blsr, "blsr %2, %0")
PROBE(blsmsk, "blsmsk %2, %0")
PROBE(bzhi, "bzhi %2, %0, %0")
PROBE(bextr, "bextr %2, %0, %0")
PROBE_WIDE(mul, "mul %3")
PROBE_WIDE(imul_wide, "imul %3")
PROBE_WIDE(mul_8, "mulb %b3")
PROBE_WIDE(div_64, "div %3")
PROBE_WIDE(div_32, "divl %k3")

enum needs { ALWAYS, LZCNT, BMI1, BMI2 };

static const struct probe_insn {
	const char *name;
	probe_fn run;
	enum silicon_form form;
	unsigned int width_bits;
	enum needs needs;
} insns[] = {
	{ "BSF", bsf, SILICON_BSF, 64, ALWAYS },
	{ "BSR", bsr, SILICON_BSF, 64, ALWAYS },
	{ "BSF, 32 bits", bsf_32, SILICON_BSF, 32, ALWAYS },
	{ "SHL", shl, SILICON_SHL, 64, ALWAYS },
	{ "SHR", shr, SILICON_SHR, 64, ALWAYS },
	{ "SAR", sar, SILICON_SAR, 64, ALWAYS },
	{ "SHL, 8 bits", shl_8, SILICON_SHL, 8, ALWAYS },
	{ "SHR, 8 bits", shr_8, SILICON_SHR, 8, ALWAYS },
	{ "SAR, 8 bits", sar_8, SILICON_SAR, 8, ALWAYS },
	{ "SHL, 16 bits", shl_16, SILICON_SHL, 16, ALWAYS },
	{ "ROL", rol, SILICON_ROL, 64, ALWAYS },
	{ "ROR", ror, SILICON_ROR, 64, ALWAYS },
	{ "RCL", rcl, SILICON_RCL, 64, ALWAYS },
	{ "RCR", rcr, SILICON_RCR, 64, ALWAYS },
	{ "ROL, 8 bits", rol_8, SILICON_ROL, 8, ALWAYS },
	{ "ROR, 8 bits", ror_8, SILICON_ROR, 8, ALWAYS },
	{ "RCL, 8 bits", rcl_8, SILICON_RCL, 8, ALWAYS },
	{ "RCR, 8 bits", rcr_8, SILICON_RCR, 8, ALWAYS },
	{ "RCL, 16 bits", rcl_16, SILICON_RCL, 16, ALWAYS },
	{ "SHLD", shld, SILICON_SHLD, 64, ALWAYS },
	{ "SHRD", shrd, SILICON_SHRD, 64, ALWAYS },
	{ "SHLD, 16 bits", shld_16, SILICON_SHLD, 16, ALWAYS },
	{ "SHRD, 16 bits", shrd_16, SILICON_SHRD, 16, ALWAYS },
	{ "IMUL", imul, SILICON_MUL, 64, ALWAYS },
	{ "IMUL, 32 bits", imul_32, SILICON_MUL, 32, ALWAYS },
	{ "IMUL, 16 bits", imul_16, SILICON_MUL, 16, ALWAYS },
	{ "MUL", mul, SILICON_MUL, 64, ALWAYS },
	{ "IMUL of RDX:RAX", imul_wide, SILICON_MUL, 64, ALWAYS },
	{ "MUL, 8 bits", mul_8, SILICON_MUL, 8, ALWAYS },
	{ "DIV", div_64, SILICON_DIV, 64, ALWAYS },
	{ "DIV, 32 bits", div_32, SILICON_DIV, 32, ALWAYS },
	{ "LZCNT", lzcnt, SILICON_LZCNT, 64, LZCNT },
	{ "TZCNT", tzcnt, SILICON_LZCNT, 64, BMI1 },
	{ "ANDN", andn, SILICON_BLS, 64, BMI1 },
	{ "BLSI", blsi, SILICON_BLS, 64, BMI1 },
	{ "BLSR", blsr, SILICON_BLS, 64, BMI1 },
	{ "BLSMSK", blsmsk, SILICON_BLS, 64, BMI1 },
	{ "BEXTR", bextr, SILICON_BEXTR, 64, BMI1 },
	{ "BZHI", bzhi, SILICON_BLS, 64, BMI2 },
};

#define INSNS (sizeof(insns) / sizeof(insns[0]))
#define PROBES (INSNS + 2) /* and RCPSS, RSQRTSS */
_Static_assert(PROBES <= SILICON_PROBE_INSNS, "room for their names");

static bool has(enum needs needs)
{
	unsigned int eax, ebx, ecx, edx;

	switch (needs) {
	case LZCNT:
		return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) &&
		       ecx & bit_LZCNT;
	case BMI1:
	case BMI2:
		return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
		       ebx & (needs == BMI1 ? bit_BMI : bit_BMI2);
	default:
		return true;
	}
}

static struct operands next_operands(const struct probe_insn *p,
				     uint64_t *state)
{
	struct operands o;

	o.dest = silicon_next_operand(state);
	o.source = silicon_next_operand(state);
	o.count = silicon_next_operand(state);
	/* Interrupts stay on, and bit 1 is always set. */
	o.flags = (silicon_next_random(state) & SILICON_STATUS_FLAGS) | 0x202;
	/* A divisor is not 0, and with a high half of 0 nothing overflows. */
	if (p->form == SILICON_DIV)
		o.source |= 1;
	return o;
}

static struct silicon_insn insn_of(const struct probe_insn *p,
				   const struct operands *before,
				   const struct operands *after)
{
	uint64_t mask = UINT64_MAX >> (64 - p->width_bits);
	struct silicon_insn i = {
		.form = p->form,
		.width_bits = p->width_bits,
		.count = before->count & (p->width_bits == 64 ? 63 : 31),
		.dest = before->dest,
		.source = before->source,
		.result = after->dest,
		.flags_before = before->flags & SILICON_STATUS_FLAGS,
		.flags = after->flags & SILICON_STATUS_FLAGS,
	};

	if (p->form == SILICON_BSF && !(before->source & mask))
		i.result = 0;
	return i;
}

/* FNV-1a, by the byte; the value is kept in traces and must not change. */
static void add_to_fingerprint(uint64_t *fingerprint, uint64_t value)
{
	unsigned int n;

	for (n = 0; n < 8; n++, value >>= 8)
		*fingerprint = (*fingerprint ^ (value & 0xff)) *
			       UINT64_C(0x100000001b3);
}

const uint32_t silicon_probe_flags[SILICON_PROBE_FLAGS] = {
	SILICON_CF, SILICON_PF, SILICON_AF, SILICON_ZF, SILICON_SF, SILICON_OF,
};

static void fit_rules(uint32_t *fit, const struct silicon_insn *i)
{
	unsigned int n;

	for (n = 0; n < SILICON_PROBE_FLAGS; n++)
		fit[n] &= silicon_rules_that_fit(i, silicon_probe_flags[n]);
}

/* Run one instruction; bit n of the result: family n gives something else. */
static uint64_t probe_insn(const struct probe_insn *p, uint64_t seed,
			   uint64_t *fingerprint, uint32_t *fit)
{
	uint64_t state = UINT64_C(88172645463325252) + seed, wrong = 0;
	const struct silicon_family *f;
	unsigned int run, n;

	for (run = 0; run < RUNS; run++) {
		struct operands before = next_operands(p, &state);
		struct operands after = before;
		struct silicon_insn i;

		p->run(&after);
		i = insn_of(p, &before, &after);
		add_to_fingerprint(fingerprint, after.dest);
		add_to_fingerprint(fingerprint, i.flags);
		fit_rules(fit, &i);
		for (n = 0; (f = silicon_family_at(n)); n++)
			if (silicon_flags(f, &i) != i.flags)
				wrong |= UINT64_C(1) << n;
	}
	return wrong;
}

static uint32_t run_rcpss(uint32_t x)
{
	uint32_t result;

	__asm__("movd %1, %%xmm0\n\trcpss %%xmm0, %%xmm0\n\tmovd %%xmm0, %0"
		: "=r"(result)
		: "r"(x)
		: "xmm0");
	return result;
}

static uint32_t run_rsqrtss(uint32_t x)
{
	uint32_t result;

	__asm__("movd %1, %%xmm0\n\trsqrtss %%xmm0, %%xmm0\n\tmovd %%xmm0, %0"
		: "=r"(result)
		: "r"(x)
		: "xmm0");
	return result;
}

/* As probe_insn(), for the instructions that read tables. */
static uint64_t probe_table(bool is_rsqrt, uint64_t *fingerprint)
{
	uint64_t state = UINT64_C(88172645463325252), wrong = 0;
	const struct silicon_family *f;
	unsigned int run, n;

	for (run = 0; run < TABLE_RUNS; run++) {
		uint32_t x = (uint32_t)silicon_next_random(&state);
		uint32_t y = is_rsqrt ? run_rsqrtss(x) : run_rcpss(x);

		add_to_fingerprint(fingerprint, y);
		for (n = 0; (f = silicon_family_at(n)); n++) {
			if (!f->tables)
				continue;
			if (y != (is_rsqrt ? silicon_rsqrt(f->tables, x) :
					     silicon_rcp(f->tables, x)))
				wrong |= UINT64_C(1) << n;
		}
	}
	return wrong;
}

static const char *name_of(unsigned int i)
{
	return i < INSNS ? insns[i].name : i == INSNS ? "RCPSS" : "RSQRTSS";
}

const char *silicon_probe_insn(unsigned int i, enum silicon_form *form)
{
	if (i >= INSNS)
		return NULL;
	*form = insns[i].form;
	return insns[i].name;
}

void silicon_probe(struct silicon_probe *probe)
{
	unsigned int i, n, fewest = PROBES + 1;
	const struct silicon_family *f;
	uint64_t wrong[PROBES];

	memset(probe, 0, sizeof(*probe));
	probe->x87_fingerprint = silicon_x87_fingerprint();
	probe->fingerprint = UINT64_C(0xcbf29ce484222325);
	memset(probe->fit, 0xff, sizeof(probe->fit));
	for (i = 0; i < INSNS; i++)
		wrong[i] = has(insns[i].needs) ?
				   probe_insn(&insns[i], i * UINT64_C(977),
					      &probe->fingerprint,
					      probe->fit[i]) :
				   0;
	wrong[INSNS] = probe_table(false, &probe->fingerprint);
	wrong[INSNS + 1] = probe_table(true, &probe->fingerprint);
	for (n = 0; (f = silicon_family_at(n)); n++) {
		unsigned int count = 0;

		for (i = 0; i < PROBES; i++)
			count += wrong[i] >> n & 1;
		if (count >= fewest)
			continue;
		fewest = count;
		probe->nearest = f;
		probe->different_count = 0;
		for (i = 0; i < PROBES; i++)
			if (wrong[i] >> n & 1)
				probe->different[probe->different_count++] =
					name_of(i);
	}
	probe->family = fewest ? NULL : probe->nearest;
}
