/*
 * Tables of operands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/silicon/insn.h"
#include "tests/silicon/operands.h"

static uint64_t next(uint64_t *state)
{
	pick(state, 1);
	return *state * UINT64_C(0x9e3779b97f4a7c15);
}

/* A value of @bits bits, for one lane. */
static uint64_t lane(uint64_t *state, unsigned int bits)
{
	uint64_t ones = UINT64_MAX >> (64 - bits), sign = ones ^ ones >> 1;

	switch (pick(state, 12)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return ones;
	case 3:
		return sign;
	case 4:
		return sign - 1;
	case 5:
		return UINT64_C(1) << pick(state, bits);
	case 6:
		return ones & ~(UINT64_C(1) << pick(state, bits));
	case 7:
		return pick(state, bits + 1);
	case 8:
		return ones & -(uint64_t)pick(state, bits + 1);
	default:
		return next(state) >> (64 - bits);
	}
}

static uint64_t lanes(uint64_t *state, unsigned int bits)
{
	uint64_t word = 0;
	unsigned int n;

	for (n = 0; n < 64; n += bits)
		word |= lane(state, bits) << n;
	return word;
}

/*
 * A number in IEEE format: zeros, denormals, infinities, NaNs, numbers near 1
 * and near the limits of integers, halves, and any.
 */
static uint64_t number(uint64_t *state, unsigned int exponent_bits,
		       unsigned int fraction_bits)
{
	uint64_t fraction_max = (UINT64_C(1) << fraction_bits) - 1;
	uint64_t exponent_max = (UINT64_C(1) << exponent_bits) - 1;
	uint64_t bias = exponent_max >> 1;
	uint64_t exponent = next(state) >> (64 - exponent_bits);
	uint64_t fraction = next(state) >> (64 - fraction_bits);

	switch (pick(state, 4)) {
	case 0:
		fraction = 0;
		break;
	case 1:
		fraction &= fraction_max << pick(state, fraction_bits);
		break;
	case 2:
		fraction = lane(state, fraction_bits);
		break;
	}
	switch (pick(state, 12)) {
	case 0:
		exponent = 0;
		break;
	case 1:
		exponent = exponent_max;
		break;
	case 2:
		exponent = pick(state, 2) ? 1 : exponent_max - 1;
		break;
	case 3:
	case 4:
	case 5:
		exponent = bias - 3 + pick(state, 6);
		break;
	case 6:
		exponent = bias + fraction_bits - 2 + pick(state, 4);
		break;
	case 7:
		exponent = bias + (pick(state, 2) ? 30 : 62) + pick(state, 3);
		break;
	}
	exponent &= exponent_max;
	return (uint64_t)pick(state, 2) << (exponent_bits + fraction_bits) |
	       exponent << fraction_bits | fraction;
}

static uint64_t operand(enum kind kind, uint64_t *state)
{
	uint64_t word = 0;
	unsigned int n;

	switch (kind) {
	case F16:
		for (n = 0; n < 64; n += 16)
			word |= number(state, 5, 10) << n;
		return word;
	case F32:
		return number(state, 8, 23) | number(state, 8, 23) << 32;
	case F64:
		return number(state, 11, 52);
	default:
		return lanes(state, 8 << (pick(state, 8) & 3));
	}
}

/* Words 2n and 2n + 1 are a number of 80 bits; few have a wrong integer bit. */
static void fill_x87(uint64_t *table, uint64_t *state)
{
	unsigned int i;

	for (i = 0; i < TABLE_WORDS; i += 2) {
		uint64_t n = number(state, 15, 48);
		uint64_t exponent = n >> 48 & 0x7fff;
		uint64_t integer = exponent ? UINT64_C(1) << 63 : 0;

		table[i] = n << 16 >> 1 | integer;
		if (!pick(state, 2))
			table[i] |= next(state) & 0x7fff;
		if (!pick(state, 32))
			table[i] ^= UINT64_C(1) << 63;
		table[i + 1] = n >> 48;
	}
}

void operands_fill(uint64_t *table, enum kind kind, uint64_t *state)
{
	unsigned int i;

	if (kind == X87) {
		fill_x87(table, state);
		return;
	}
	for (i = 0; i < TABLE_WORDS; i++)
		table[i] = pick(state, 16) && i ? operand(kind, state) :
						  table[i ? i - 1 : 0];
}

void operands_mxcsr(uint32_t *mxcsr, unsigned int count, uint64_t *state)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		mxcsr[i] = 0x1f80 | pick(state, 4) << 13;
		if (!pick(state, 2))
			mxcsr[i] |= pick(state, 64);
		if (!pick(state, 4))
			mxcsr[i] |= 0x40; /* DAZ */
		if (!pick(state, 4))
			mxcsr[i] |= 0x8000; /* FTZ */
	}
}

void operands_x87(uint16_t *control, unsigned int count, uint64_t *state)
{
	static const uint16_t precisions[] = { 0x000, 0x200, 0x300, 0x300 };
	unsigned int i;

	for (i = 0; i < count; i++)
		control[i] = 0x7f | precisions[pick(state, 4)] |
			     pick(state, 4) << 10;
}

/* One exception, all of them, or some. */
static unsigned int exceptions(uint64_t *state)
{
	if (pick(state, 2))
		return 1u << pick(state, 6);
	return pick(state, 4) ? pick(state, 64) : 0x3f;
}

void operands_mxcsr_unmasked(uint32_t *mxcsr, unsigned int count,
			     uint64_t *state)
{
	unsigned int i;

	operands_mxcsr(mxcsr, count, state);
	for (i = 0; i < count; i++)
		mxcsr[i] &= ~(exceptions(state) << 7);
}

void operands_x87_unmasked(uint16_t *control, unsigned int count,
			   uint64_t *state)
{
	unsigned int i;

	operands_x87(control, count, state);
	for (i = 0; i < count; i++)
		control[i] &= ~exceptions(state);
}
