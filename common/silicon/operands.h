/*
 * Operands for instructions whose results are undefined: the same sequence for the
 * probe and for the program that made the data of tests/unit/silicon/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SILICON_OPERANDS_H
#define RR_SILICON_OPERANDS_H

#include <stdint.h>

/* The next number after *@state, which is not 0 (Marsaglia's xorshift). */
static inline uint64_t silicon_next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* An operand; they are rich in the values where the rules differ. */
static inline uint64_t silicon_next_operand(uint64_t *state)
{
	switch (silicon_next_random(state) & 7) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_C(1) << (silicon_next_random(state) & 63);
	case 3:
		return silicon_next_random(state) & 0xff;
	default:
		return silicon_next_random(state);
	}
}

#endif
