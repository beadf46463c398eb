/*
 * RCPSS and RSQRTSS from tables; see tables.h.
 *
 * The rules around the tables (zero, infinity, denormals, NaN) are the same on all
 * processors that were measured: all 2^32 operands of both instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/silicon/tables.h"

#define SIGN 0x80000000u
#define INFINITE 0x7f800000u
#define QUIET 0x00400000u
#define DEFAULT_NAN 0xffc00000u
#define MAX_EXPONENT 255
#define BIAS 127

const struct silicon_tables silicon_tables_zen3 = {
#include "common/silicon/tables-zen3.c.inc"
};

const struct silicon_tables silicon_tables_core = {
#include "common/silicon/tables-core.c.inc"
};

static uint32_t exponent_of(uint32_t x)
{
	return x >> 23 & 255;
}

static uint32_t mantissa_of(uint32_t x)
{
	return x & 0x7fffff;
}

/* A float with the exponent and the mantissa of a table's entry. */
static uint32_t make_float(uint32_t sign, int exponent, uint16_t entry)
{
	exponent += entry >> 12;
	/* What would be denormal is zero. */
	if (exponent <= 0)
		return sign;
	return sign | (uint32_t)exponent << 23 | (entry & 0xfffu) << 11;
}

uint32_t silicon_rcp(const struct silicon_tables *t, uint32_t x)
{
	uint32_t exponent = exponent_of(x), sign = x & SIGN;

	if (exponent == MAX_EXPONENT)
		return mantissa_of(x) ? x | QUIET : sign;
	if (!exponent)
		return sign | INFINITE;
	return make_float(sign, 2 * BIAS - 1 - (int)exponent,
			  t->rcp[mantissa_of(x) >> 11]);
}

uint32_t silicon_rsqrt(const struct silicon_tables *t, uint32_t x)
{
	uint32_t exponent = exponent_of(x);
	unsigned int odd = exponent & 1;

	if (exponent == MAX_EXPONENT && mantissa_of(x))
		return x | QUIET;
	if (!exponent)
		return (x & SIGN) | INFINITE;
	if (x & SIGN)
		return DEFAULT_NAN;
	if (exponent == MAX_EXPONENT)
		return 0;
	return make_float(0,
			  BIAS - 1 + (BIAS - 1 + (int)odd - (int)exponent) / 2,
			  t->rsqrt[odd][mantissa_of(x) >> 11]);
}
