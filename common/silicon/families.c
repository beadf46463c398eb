/*
 * The families of processors, and where each rule was seen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "common/silicon/silicon.h"
#include "common/silicon/tables.h"

#define TCG SILICON_TCG
#define ZERO SILICON_ZERO
#define ONE SILICON_ONE
#define KEEP SILICON_KEEP
#define PARITY SILICON_PARITY
#define SIGN SILICON_SIGN
#define TOP_XOR_CF SILICON_TOP_XOR_CF
#define TOP_TWO SILICON_TOP_TWO
#define PARITY_SOURCE SILICON_PARITY_SOURCE
#define SIGN_SOURCE SILICON_SIGN_SOURCE
#define IS_ZERO SILICON_IS_ZERO
#define FIRST_STEP SILICON_FIRST_STEP
#define LAST_SUM SILICON_LAST_SUM

/*
 * These three families were measured in a process, with random operands rich in
 * 0, all ones, single bits and small numbers; tests/unit/silicon/ has results.
 */
#define ZEN3 "AMD family 0x19 model 1, 2026-11-26"
#define ZEN5 "AMD family 0x1a model 2, 2026-11-27"
#define CORE "Intel family 6 model 207 (Emerald Rapids), 2026-11-26"

/* Read there, and measured in the lab that it emulates (--lab=intel). */
#define BOCHS "Bochs 3.0, cpu/shift*.cc, bit*.cc, mult*.cc, bmi*.cc, bcd.cc"

#define SOURCE_TCG \
	"target/i386/tcg/emit.c.inc and cc_helper_template.h.inc of QEMU 10.0"

static const struct silicon_family families[] = {
	{
		.name = "tcg",
		.title = "QEMU's TCG, the lab's processor if none is asked for",
		.is_tcg = true,
		/* Of EPYC, the lab's processor; no other lab has TCG's. */
		.executes = SILICON_XGETBV1 | SILICON_XSAVEOPT,
		.rules = {
			[SILICON_BSF] = { ZERO, PARITY_SOURCE, ZERO, TCG,
					  SIGN_SOURCE, ZERO, SOURCE_TCG },
			[SILICON_SHL] = { TCG, TCG, ZERO, TCG, TCG, TOP_XOR_CF,
					  SOURCE_TCG },
			[SILICON_MUL] = { TCG, PARITY, ZERO, IS_ZERO, SIGN, TCG,
					  SOURCE_TCG },
			[SILICON_BEXTR] = { TCG, PARITY, ZERO, TCG, SIGN, TCG,
					    SOURCE_TCG },
		},
	},
	{
		.name = "zen3",
		.title = "AMD Zen 3",
		.rules = {
			/*                CF   PF  AF   ZF    SF    OF */
			[SILICON_BSF] = { KEEP, KEEP, KEEP, TCG, KEEP, KEEP,
					  ZEN3 },
			[SILICON_SHL] = { TCG, TCG, ONE, TCG, TCG, TOP_XOR_CF,
					  ZEN3 },
			[SILICON_SHR] = { TCG, TCG, ONE, TCG, TCG, TCG, ZEN3 },
			[SILICON_SAR] = { TCG, TCG, ONE, TCG, TCG, ZERO, ZEN3 },
			[SILICON_ROL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  ZEN3 },
			[SILICON_ROR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  ZEN3 },
			[SILICON_RCL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  ZEN3 },
			[SILICON_RCR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  ZEN3 },
			[SILICON_SHLD] = { TCG, TCG, ONE, TCG, TCG, TOP_XOR_CF,
					   ZEN3 },
			[SILICON_SHRD] = { TCG, TCG, ONE, TCG, TCG, TOP_TWO,
					   ZEN3 },
			[SILICON_MUL] = { TCG, KEEP, KEEP, KEEP, KEEP, TCG,
					  ZEN3 },
			[SILICON_DIV] = { KEEP, ZERO, ONE, ZERO, ZERO, KEEP,
					  ZEN3 },
			[SILICON_LZCNT] = { TCG, ZERO, ZERO, TCG, ZERO, KEEP,
					    ZEN3 },
			[SILICON_BLS] = { TCG, PARITY, ZERO, TCG, TCG, TCG,
					  ZEN3 },
			[SILICON_BEXTR] = { TCG, PARITY, ONE, TCG, ZERO, TCG,
					    ZEN3 },
		},
		.tables = &silicon_tables_zen3,
		/* As on Zen 5; not measured. */
		.amd_corners = true,
		/* APM vol. 1, 4.2.2: bit 17, MM; not measured. */
		.mxcsr_mask = 0x2ffff,
		/* APM vol. 3, CLZERO; vol. 2, 15.9: SVM intercepts none. */
		.executes = SILICON_SHOW_XINUSE | SILICON_CLZERO,
		.unknown_results = SILICON_SHOW_XINUSE,
		.bsf_keeps_upper_half = true,
		.double_shift_repeats_source = true,
	},
	{
		.name = "zen5",
		.title = "AMD Zen 5",
		.rules = {
			/*                CF   PF  AF   ZF    SF    OF */
			[SILICON_BSF] = { ZERO, PARITY, ZERO, TCG, ZERO, ZERO,
					  ZEN5 },
			[SILICON_SHL] = { TCG, TCG, ONE, TCG, TCG, TOP_XOR_CF,
					  ZEN5 },
			[SILICON_SHR] = { TCG, TCG, ONE, TCG, TCG, TCG, ZEN5 },
			[SILICON_SAR] = { TCG, TCG, ONE, TCG, TCG, ZERO, ZEN5 },
			[SILICON_ROL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  ZEN5 },
			[SILICON_ROR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  ZEN5 },
			[SILICON_RCL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  ZEN5 },
			[SILICON_RCR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  ZEN5 },
			[SILICON_SHLD] = { TCG, TCG, ONE, TCG, TCG, TOP_XOR_CF,
					   ZEN5 },
			[SILICON_SHRD] = { TCG, TCG, ONE, TCG, TCG, TOP_TWO,
					   ZEN5 },
			[SILICON_MUL] = { TCG, KEEP, KEEP, KEEP, KEEP, TCG,
					  ZEN5 },
			[SILICON_DIV] = { KEEP, ZERO, ONE, ZERO, ZERO, KEEP,
					  ZEN5 },
			[SILICON_LZCNT] = { TCG, ZERO, ZERO, TCG, ZERO, KEEP,
					    ZEN5 },
			[SILICON_BLS] = { TCG, PARITY, ZERO, TCG, TCG, TCG,
					  ZEN5 },
			[SILICON_BEXTR] = { TCG, PARITY, ONE, TCG, ZERO, TCG,
					    ZEN5 },
		},
		/* 0 differences in 2^32 inputs of each. */
		.tables = &silicon_tables_zen3,
		/* tests/silicon, 1e8 executions. */
		.amd_corners = true,
		/* As FXSAVE gave it (APM vol. 1, 4.2.2: bit 17, MM). */
		.mxcsr_mask = 0x2ffff,
		/* APM vol. 3, CLZERO; vol. 2, 15.9: SVM intercepts none. */
		.executes = SILICON_SHOW_XINUSE | SILICON_CLZERO,
		.unknown_results = SILICON_SHOW_XINUSE,
		.bswap_of_16_bits_is_zero = true,
		.bsf_keeps_upper_half = true,
		.double_shift_repeats_source = true,
	},
	{
		.name = "core",
		.title = "Intel Core",
		.rules = {
			/*                CF   PF  AF   ZF    SF    OF */
			[SILICON_BSF] = { ZERO, PARITY, ZERO, TCG, ZERO, ZERO,
					  CORE },
			[SILICON_SHL] = { TCG, TCG, ZERO, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_SHR] = { TCG, TCG, ZERO, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_SAR] = { TCG, TCG, ZERO, TCG, TCG, ZERO, CORE },
			[SILICON_ROL] = { TCG, TCG, TCG, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_ROR] = { TCG, TCG, TCG, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_RCL] = { TCG, TCG, TCG, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_RCR] = { TCG, TCG, TCG, TCG, TCG, FIRST_STEP,
					  CORE },
			[SILICON_SHLD] = { TCG, TCG, ZERO, TCG, TCG, FIRST_STEP,
					   CORE },
			[SILICON_SHRD] = { TCG, TCG, ZERO, TCG, TCG, FIRST_STEP,
					   CORE },
			[SILICON_MUL] = { TCG, PARITY, ZERO, ZERO, SIGN, TCG,
					  CORE },
			/* DIV keeps all flags, as TCG does. */
			[SILICON_LZCNT] = { TCG, ZERO, ZERO, TCG, ZERO, ZERO,
					    CORE },
			[SILICON_BLS] = { TCG, ZERO, ZERO, TCG, TCG, TCG, CORE },
			[SILICON_BEXTR] = { TCG, ZERO, ZERO, TCG, ZERO, TCG,
					    CORE },
			[SILICON_AAA] = { TCG, PARITY, TCG, IS_ZERO, ZERO, ZERO,
					  CORE },
			[SILICON_AAD] = { LAST_SUM, TCG, LAST_SUM, TCG, TCG,
					  LAST_SUM, CORE },
		},
		.tables = &silicon_tables_core,
		.bswap_of_16_bits_is_zero = true,
		.rotate_by_immediate_keeps_of = true,
		.bsf_keeps_upper_half = true,
		.intel_images = true,
		/* XSAVES is #UD in a guest (SDM vol. 3, 26.3). */
		.executes = SILICON_SHOW_XINUSE & ~SILICON_XSAVES,
	},
	{
		.name = "bochs",
		.title = "Bochs, the processor of --lab=intel",
		.rules = {
			/*                CF   PF  AF   ZF    SF    OF */
			[SILICON_BSF] = { ZERO, PARITY, ZERO, TCG, ZERO, ZERO,
					  BOCHS },
			[SILICON_SHL] = { TCG, TCG, ZERO, TCG, TCG, TOP_XOR_CF,
					  BOCHS },
			[SILICON_SHR] = { TCG, TCG, ZERO, TCG, TCG, TOP_TWO,
					  BOCHS },
			[SILICON_SAR] = { TCG, TCG, ZERO, TCG, TCG, ZERO,
					  BOCHS },
			[SILICON_ROL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  BOCHS },
			[SILICON_ROR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  BOCHS },
			[SILICON_RCL] = { TCG, TCG, TCG, TCG, TCG, TOP_XOR_CF,
					  BOCHS },
			[SILICON_RCR] = { TCG, TCG, TCG, TCG, TCG, TOP_TWO,
					  BOCHS },
			[SILICON_SHLD] = { TCG, TCG, ZERO, TCG, TCG, TOP_XOR_CF,
					   BOCHS },
			[SILICON_SHRD] = { TCG, TCG, ZERO, TCG, TCG, TOP_TWO,
					   BOCHS },
			[SILICON_MUL] = { TCG, PARITY, ZERO, IS_ZERO, SIGN, TCG,
					  BOCHS },
			/* DIV keeps all flags, as TCG does. */
			[SILICON_LZCNT] = { TCG, KEEP, KEEP, TCG, KEEP, KEEP,
					    BOCHS },
			[SILICON_BLS] = { TCG, KEEP, ZERO, TCG, TCG, TCG,
					  BOCHS },
			[SILICON_BEXTR] = { TCG, PARITY, ZERO, TCG, SIGN, TCG,
					    BOCHS },
			[SILICON_AAA] = { TCG, PARITY, TCG, IS_ZERO, ZERO, ZERO,
					  BOCHS },
			/* AAD has the flags of a logical operation, as TCG's. */
		},
		.bswap_of_16_bits_is_zero = true,
		/* Its tables are those of Intel Core. */
		.tables = &silicon_tables_core,
		.bsf_keeps_upper_half = true,
		.intel_images = true,
		.executes = SILICON_SHOW_XINUSE & ~SILICON_XSAVES,
		.xinuse_by_value = true,
		.bsf_of_zero_keeps_flags = true,
		.whole_turn_keeps_flags = true,
	},
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct silicon_family *silicon_family_at(unsigned int i)
{
	return i < FAMILIES ? &families[i] : NULL;
}

const struct silicon_family *silicon_family(const char *name)
{
	unsigned int i;

	for (i = 0; i < FAMILIES; i++)
		if (!strcmp(families[i].name, name))
			return &families[i];
	return NULL;
}

/* Nothing public has their results either: searched for on 2026-11-27. */
const char *silicon_refusal(const char *name)
{
	if (!strcmp(name, "atom"))
		return "the undefined results of no Intel Atom were measured: "
		       "\"rr-kvm check-host --record\" on one reports them "
		       "(docs/first-recording.md); --silicon "
		       "takes one of " SILICON_NAMES;
	return "--silicon takes one of " SILICON_NAMES;
}
