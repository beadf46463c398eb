/*
 * Names of instructions, for messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/silicon/silicon.h"

const char *silicon_form_name(unsigned int form)
{
	static const char *const names[SILICON_FORMS] = {
		[SILICON_BSF] = "BSF or BSR",
		[SILICON_SHL] = "SHL",
		[SILICON_SHR] = "SHR",
		[SILICON_SAR] = "SAR",
		[SILICON_ROL] = "ROL",
		[SILICON_ROR] = "ROR",
		[SILICON_RCL] = "RCL",
		[SILICON_RCR] = "RCR",
		[SILICON_SHLD] = "SHLD",
		[SILICON_SHRD] = "SHRD",
		[SILICON_MUL] = "MUL or IMUL",
		[SILICON_DIV] = "DIV or IDIV",
		[SILICON_LZCNT] = "LZCNT or TZCNT",
		[SILICON_BLS] = "ANDN, BLSI, BLSR, BLSMSK or BZHI",
		[SILICON_BEXTR] = "BEXTR",
		[SILICON_AAA] = "AAA or AAS",
		[SILICON_AAD] = "AAD",
	};

	return form < SILICON_FORMS ? names[form] : NULL;
}

const char *silicon_rule_name(enum silicon_rule rule)
{
	static const char *const names[SILICON_RULES] = {
		[SILICON_TCG] = "as TCG",
		[SILICON_ZERO] = "0",
		[SILICON_ONE] = "1",
		[SILICON_KEEP] = "as before",
		[SILICON_PARITY] = "parity of the result",
		[SILICON_PARITY_SOURCE] = "parity of the source",
		[SILICON_SIGN] = "sign of the result",
		[SILICON_SIGN_SOURCE] = "sign of the source",
		[SILICON_IS_ZERO] = "the result is 0",
		[SILICON_TOP_XOR_CF] = "top bit of the result xor CF",
		[SILICON_TOP_TWO] = "xor of the result's two top bits",
		[SILICON_FIRST_STEP] = "as after a count of 1",
		[SILICON_LAST_SUM] = "of the last addition",
	};

	return rule < SILICON_RULES ? names[rule] : NULL;
}

const char *silicon_hidden_name(enum silicon_hidden insn)
{
	switch (insn) {
	case SILICON_XGETBV1:
		return "XGETBV with ECX = 1";
	case SILICON_XSAVEOPT:
		return "XSAVEOPT";
	case SILICON_XSAVEC:
		return "XSAVEC";
	case SILICON_XSAVES:
		return "XSAVES or XRSTORS";
	case SILICON_CLZERO:
		return "CLZERO";
	}
	return "an unknown instruction";
}
