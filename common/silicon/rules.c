/*
 * The rules for undefined flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/silicon/silicon.h"

static bool bit(uint64_t value, unsigned int n)
{
	return value >> n & 1;
}

static bool is_shift(enum silicon_form form)
{
	return form >= SILICON_SHL && form <= SILICON_SHRD;
}

/* True if RCL or RCR goes round completely: its count is a multiple of width + 1. */
static bool goes_round(const struct silicon_insn *i)
{
	return (i->form == SILICON_RCL || i->form == SILICON_RCR) &&
	       i->count % (i->width_bits + 1) == 0;
}

/* True for a double shift of 16 bits by more than its width. */
static bool shifts_too_far(const struct silicon_insn *i)
{
	return (i->form == SILICON_SHLD || i->form == SILICON_SHRD) &&
	       i->width_bits == 16 && i->count > 16;
}

static bool scans_zero(const struct silicon_insn *i)
{
	return i->form == SILICON_BSF && i->source << (64 - i->width_bits) == 0;
}

/* OF after the instruction with a count of 1 (SDM vol. 2, SAL, RCL and SHLD). */
static bool first_step_overflow(const struct silicon_insn *i)
{
	unsigned int top = i->width_bits - 1;

	switch (i->form) {
	case SILICON_SHR:
		return bit(i->dest, top);
	case SILICON_SAR:
		return false;
	case SILICON_ROR:
		return bit(i->dest, 0) ^ bit(i->dest, top);
	case SILICON_RCR:
		return (i->flags_before & SILICON_CF) ^ bit(i->dest, top);
	case SILICON_SHRD:
		return bit(i->source, 0) ^ bit(i->dest, top);
	default: /* the shifts and rotates to the left */
		return bit(i->dest, top) ^ bit(i->dest, top - 1);
	}
}

/* AAD adds the product of AH and its base to AL, in 8 bits. */
static bool last_sum_flag(uint32_t mask, const struct silicon_insn *i)
{
	unsigned int product = (i->dest >> 8 & 0xff) * i->source & 0xff;
	unsigned int al = i->dest & 0xff, sum = product + al;

	switch (mask) {
	case SILICON_CF:
		return bit(sum, 8);
	case SILICON_AF:
		return bit(product ^ al ^ sum, 4);
	default:
		return bit((product ^ sum) & (al ^ sum), 7);
	}
}

/* The value of the flag @mask by @rule. */
static bool flag_by_rule(enum silicon_rule rule, uint32_t mask,
			 const struct silicon_insn *i)
{
	unsigned int top = i->width_bits - 1;

	switch (rule) {
	case SILICON_ZERO:
		return false;
	case SILICON_ONE:
		return true;
	case SILICON_KEEP:
		return i->flags_before & mask;
	case SILICON_PARITY:
		return !__builtin_parity(i->result & 0xff);
	case SILICON_PARITY_SOURCE:
		return !__builtin_parity(i->source & 0xff);
	case SILICON_SIGN_SOURCE:
		return bit(i->source, top);
	case SILICON_IS_ZERO:
		return i->result << (63 - top) == 0;
	case SILICON_SIGN:
		return bit(i->result, top);
	case SILICON_TOP_XOR_CF:
		return bit(i->result, top) ^ (i->flags & SILICON_CF);
	case SILICON_TOP_TWO:
		return bit(i->result, top) ^ bit(i->result, top - 1);
	case SILICON_FIRST_STEP:
		return goes_round(i) ? i->flags_before & mask :
				       first_step_overflow(i);
	case SILICON_LAST_SUM:
		return last_sum_flag(mask, i);
	case SILICON_TCG:
	case SILICON_RULES:
		break;
	}
	return i->flags & mask;
}

uint32_t silicon_rules_that_fit(const struct silicon_insn *i, uint32_t flag)
{
	uint32_t fit = 0;
	unsigned int rule;

	for (rule = SILICON_TCG + 1; rule < SILICON_RULES; rule++)
		if (flag_by_rule(rule, flag, i) == !!(i->flags & flag))
			fit |= 1u << rule;
	/* A count of 0 leaves all flags alone, whatever the rules are. */
	return is_shift(i->form) && !i->count ? UINT32_MAX : fit;
}

uint64_t silicon_result(const struct silicon_family *f,
			const struct silicon_insn *i)
{
	uint64_t dest = (uint16_t)i->dest, source = (uint16_t)i->source;

	if (!f->double_shift_repeats_source || !shifts_too_far(i))
		return i->result;
	if (i->form == SILICON_SHLD)
		dest = (dest << 32 | source << 16 | source) << i->count >> 32;
	else
		dest = (source << 32 | source << 16 | dest) >> i->count;
	return (uint16_t)dest;
}

/* Zen 3 does not see the sign where the source comes in for the second time. */
static uint32_t flags_of_repeated_source(const struct silicon_insn *i,
					 uint32_t flags)
{
	if (i->width_bits != 16)
		return flags;
	if (shifts_too_far(i)) {
		flags &= ~(SILICON_CF | SILICON_PF | SILICON_ZF | SILICON_SF);
		flags |= (uint16_t)i->result ? 0 : SILICON_ZF;
		flags |= bit(i->result, 15) ? SILICON_SF : 0;
		flags |= __builtin_parity(i->result & 0xff) ? 0 : SILICON_PF;
	}
	if (i->form == SILICON_SHLD && i->count >= 16) {
		flags &= ~SILICON_OF;
		flags |= flags & SILICON_CF ? SILICON_OF : 0;
	}
	return flags;
}

static bool rotates_register(const struct silicon_insn *i)
{
	return (i->form == SILICON_ROL || i->form == SILICON_ROR) &&
	       i->is_register_by_immediate && i->count != 1;
}

uint32_t silicon_flags(const struct silicon_family *f,
		       const struct silicon_insn *insn)
{
	const struct silicon_rules *r = &f->rules[insn->form];
	const struct {
		uint32_t mask;
		enum silicon_rule rule;
	} flag[] = {
		{ SILICON_CF, r->cf }, { SILICON_PF, r->pf },
		{ SILICON_AF, r->af }, { SILICON_ZF, r->zf },
		{ SILICON_SF, r->sf }, { SILICON_OF, r->of },
	};
	uint32_t flags = insn->flags & ~SILICON_STATUS_FLAGS;
	unsigned int n;

	if (is_shift(insn->form) && !insn->count)
		return insn->flags_before;
	if (f->whole_turn_keeps_flags && goes_round(insn))
		return insn->flags_before;
	if (f->bsf_of_zero_keeps_flags && scans_zero(insn))
		return insn->flags_before | SILICON_ZF;
	for (n = 0; n < sizeof(flag) / sizeof(flag[0]); n++)
		if (flag_by_rule(flag[n].rule, flag[n].mask, insn))
			flags |= flag[n].mask;
	if (f->rotate_by_immediate_keeps_of && rotates_register(insn))
		flags = (flags & ~SILICON_OF) |
			(insn->flags_before & SILICON_OF);
	if (f->double_shift_repeats_source &&
	    (insn->form == SILICON_SHLD || insn->form == SILICON_SHRD))
		return flags_of_repeated_source(insn, flags);
	return flags;
}

/* The rule of each flag in turn, for questions about a whole row. */
static bool any_rule(const struct silicon_family *f, enum silicon_form form,
		     bool (*is)(enum silicon_rule rule))
{
	const struct silicon_rules *r = &f->rules[form];

	return is(r->cf) || is(r->pf) || is(r->af) || is(r->zf) || is(r->sf) ||
	       is(r->of);
}

static bool is_not_tcg(enum silicon_rule rule)
{
	return rule != SILICON_TCG;
}

uint32_t silicon_undefined_flags(enum silicon_form form)
{
	const struct silicon_family *f;
	uint32_t flags = 0;
	unsigned int n;

	for (n = 0; (f = silicon_family_at(n)); n++) {
		const struct silicon_rules *r = &f->rules[form];

		flags |= (r->cf ? SILICON_CF : 0) | (r->pf ? SILICON_PF : 0) |
			 (r->af ? SILICON_AF : 0) | (r->zf ? SILICON_ZF : 0) |
			 (r->sf ? SILICON_SF : 0) | (r->of ? SILICON_OF : 0);
	}
	return flags;
}

bool silicon_form_differs(const struct silicon_family *f,
			  enum silicon_form form)
{
	return !f->is_tcg && any_rule(f, form, is_not_tcg);
}
