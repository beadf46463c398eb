/*
 * What a processor family does where the manuals leave a result undefined.
 *
 * The manuals leave flags, and a few results, undefined after some instructions. Each family
 * of processors computes them by a fixed rule. A guest pushes such flags with every interrupt, so
 * a replay must compute them as the recording processor did. The rules are data:
 * one table a family in families.c, with the source of each row.
 *
 * Nothing here depends on QEMU or on the trace format. All functions are pure: any thread may call
 * them at any time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SILICON_H
#define RR_SILICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The status flags of EFLAGS (SDM vol. 1, 3.4.3.1). */
#define SILICON_CF 0x0001u
#define SILICON_PF 0x0004u
#define SILICON_AF 0x0010u
#define SILICON_ZF 0x0040u
#define SILICON_SF 0x0080u
#define SILICON_OF 0x0800u
#define SILICON_STATUS_FLAGS                                              \
	(SILICON_CF | SILICON_PF | SILICON_AF | SILICON_ZF | SILICON_SF | \
	 SILICON_OF)

/* Instructions that share a row of rules. */
enum silicon_form {
	SILICON_BSF, /* also BSR */
	SILICON_SHL,
	SILICON_SHR,
	SILICON_SAR,
	SILICON_ROL,
	SILICON_ROR,
	SILICON_RCL,
	SILICON_RCR,
	SILICON_SHLD,
	SILICON_SHRD,
	SILICON_MUL, /* also IMUL, of every number of operands */
	SILICON_DIV, /* also IDIV */
	SILICON_LZCNT, /* also TZCNT */
	SILICON_BLS, /* ANDN, BLSI, BLSR, BLSMSK, BZHI */
	SILICON_BEXTR,
	SILICON_AAA, /* also AAS */
	SILICON_AAD,
	SILICON_FORMS,
};

/* How one flag is computed. */
enum silicon_rule {
	SILICON_TCG, /* as QEMU's TCG computes it; always where it is defined */
	SILICON_ZERO,
	SILICON_ONE,
	SILICON_KEEP, /* the value before the instruction */
	SILICON_PARITY, /* even parity of the result's low byte */
	SILICON_PARITY_SOURCE, /* even parity of the source's low byte */
	SILICON_SIGN, /* top bit of the result */
	SILICON_SIGN_SOURCE, /* top bit of the source */
	SILICON_IS_ZERO, /* the result is 0 */
	SILICON_TOP_XOR_CF, /* top bit of the result xor the new CF */
	SILICON_TOP_TWO, /* the result's two top bits xored */
	SILICON_FIRST_STEP, /* OF: what the same shift or rotate by 1 gives */
	SILICON_LAST_SUM, /* CF, AF, OF: of the addition that AAD ends with */
	SILICON_RULES,
};

/* One execution of an instruction. */
struct silicon_insn {
	enum silicon_form form;
	unsigned int width_bits; /* of the operands: 8, 16, 32 or 64 */
	unsigned int count; /* of a shift or rotate, masked to 5 or 6 bits */
	uint64_t dest; /* the destination before the instruction; of AAD: AX */
	uint64_t source; /* of AAD: the base */
	uint64_t result; /* of a multiplication: the low half; of BSF of 0: 0 */
	/* Of a shift: the count is in the code, the destination is a register. */
	bool is_register_by_immediate;
	uint32_t flags_before;
	uint32_t flags; /* after the instruction, as TCG computes them */
};

/*
 * Instructions that a processor executes whatever CPUID tells a guest: no
 * hypervisor can intercept them (of XSAVES and XRSTORS, none on AMD).
 */
enum silicon_hidden {
	SILICON_XGETBV1 = 1 << 0, /* XGETBV with ECX = 1 */
	SILICON_XSAVEOPT = 1 << 1,
	SILICON_XSAVEC = 1 << 2, /* also XRSTOR of its images */
	SILICON_XSAVES = 1 << 3, /* also XRSTORS */
	SILICON_CLZERO = 1 << 4,
};

/* Those whose results depend on XINUSE (SDM vol. 1, 13.6). */
#define SILICON_SHOW_XINUSE \
	(SILICON_XGETBV1 | SILICON_XSAVEOPT | SILICON_XSAVEC | SILICON_XSAVES)

struct silicon_rules {
	enum silicon_rule cf, pf, af, zf, sf, of;
	const char *source; /* where the row is from */
};

struct silicon_tables; /* tables.h */

struct silicon_family {
	const char *name; /* as in "x-silicon=NAME" and in manifests */
	const char *title;
	/* TCG's own rules, for a probe to know it; nothing is to be done. */
	bool is_tcg;
	struct silicon_rules rules[SILICON_FORMS];
	const struct silicon_tables *tables;
	/* ROL and ROR of a register by an immediate other than 1 keep OF. */
	bool rotate_by_immediate_keeps_of;
	/* BSF and BSR with source 0 keep all 64 bits of the destination. */
	bool bsf_keeps_upper_half;
	/* SHLD and SHRD of 16 bits by more than 16 shift in the source twice. */
	bool double_shift_repeats_source;
	/* BSF and BSR with source 0 change no flag but ZF. */
	bool bsf_of_zero_keeps_flags;
	/* BSWAP of a register of 16 bits gives 0. */
	bool bswap_of_16_bits_is_zero;
	/* RCL and RCR by a multiple of width + 1 change no flag. */
	bool whole_turn_keeps_flags;
	/*
	 * XSAVE tells which state is in its initial configuration, images have the
	 * pointer to the last x87 instruction, and reserved bytes are 0: see
	 * common/core/silicon-state.c.inc.
	 */
	bool intel_images;
	/*
	 * DPPS and DPPD add in one order for all elements.  SHA's operands need
	 * no alignment.  What faults: REP CMPS and SCAS leave the flags of the
	 * iteration before, x87 stores do so before their exceptions, gathers
	 * leave mask and upper halves.  FPREM and FSCALE that leave a denormal
	 * number as it is underflow, if that is unmasked.  Else as Intel's.
	 */
	bool amd_corners;
	/* The bits of MXCSR that exist; 0: 15 to 0. */
	uint32_t mxcsr_mask;
	/* enum silicon_hidden: what it executes without CPUID's leave. */
	unsigned int executes;
	/* Of these, what gives results that are not known. */
	unsigned int unknown_results;
	/* With .intel_images: state that equals its initial one is not in use. */
	bool xinuse_by_value;
};

/* The names of all families, for messages. */
#define SILICON_NAMES "tcg, zen3, zen5, core, bochs"

/* Returns the family of that name, or NULL. */
const struct silicon_family *silicon_family(const char *name);

/* Why --silicon does not take @name, which is no family's: for the user. */
const char *silicon_refusal(const char *name);

/* Returns family number @i, from 0 on, or NULL when there are no more. */
const struct silicon_family *silicon_family_at(unsigned int i);

/* The instructions of @form, "MUL or IMUL"; NULL if there is no such form. */
const char *silicon_form_name(unsigned int form);

/* "parity of the result": how @rule computes a flag. */
const char *silicon_rule_name(enum silicon_rule rule);

/* True if a flag of @form is not as TCG computes it. */
bool silicon_form_differs(const struct silicon_family *f,
			  enum silicon_form form);

/* The status flags of @form that some family does not compute as TCG does. */
uint32_t silicon_undefined_flags(enum silicon_form form);

/* The names of the instructions of one bit of enum silicon_hidden. */
const char *silicon_hidden_name(enum silicon_hidden insn);

/*
 * Returns the result of @insn, a double shift. It is ->result but where a 16-bit
 * shift by more than 16 differs.
 */
uint64_t silicon_result(const struct silicon_family *f,
			const struct silicon_insn *insn);

/* Returns the status flags after @insn on a processor of family @f. */
uint32_t silicon_flags(const struct silicon_family *f,
		       const struct silicon_insn *insn);

/*
 * Which rules explain a flag that a processor gave?  ->flags are the processor's, @flag is
 * one of them.  Bit n is set if rule n (enum silicon_rule) gives its value; never that of
 * SILICON_TCG.  All bits are set if the instruction leaves flags alone.
 */
uint32_t silicon_rules_that_fit(const struct silicon_insn *insn, uint32_t flag);

#endif
