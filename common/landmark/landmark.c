/*
 * Landmarks: names, comparison, digest.  See landmark.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define XXH_INLINE_ALL /* rr_output_hash() runs for each byte put out */
#include <xxhash.h>

#include <endian.h>
#include <string.h>

#include "common/landmark/landmark.h"

static const char *const reg_names[RR_REG_COUNT] = {
#define X(id, name) [RR_REG_##id] = name,
	RR_REGISTERS(X)
#undef X
};

const char *rr_reg_name(enum rr_reg reg)
{
	return (unsigned int)reg < RR_REG_COUNT ? reg_names[reg] : NULL;
}

static uint64_t significant(const struct rr_landmark *lm, unsigned int reg,
			    uint64_t ignored)
{
	if (reg == RR_REG_RFLAGS)
		return lm->regs[reg] & ~ignored;
	return lm->regs[reg];
}

enum rr_reg rr_landmark_first_difference(const struct rr_landmark *a,
					 const struct rr_landmark *b,
					 uint64_t ignored)
{
	unsigned int reg;

	for (reg = 0; reg < RR_REG_COUNT; reg++) {
		if (significant(a, reg, ignored) !=
		    significant(b, reg, ignored))
			break;
	}
	return (enum rr_reg)reg;
}

uint64_t rr_landmark_digest(const struct rr_landmark *lm)
{
	uint64_t regs_le[RR_REG_COUNT];
	unsigned int reg;

	for (reg = 0; reg < RR_REG_COUNT; reg++)
		regs_le[reg] = htole64(significant(lm, reg, RR_RFLAGS_IGNORED));
	return XXH3_64bits(regs_le, sizeof(regs_le));
}

uint64_t rr_output_hash(uint64_t hash, uint64_t address, uint8_t byte)
{
	uint8_t input[sizeof(address) + 1];

	address = htole64(address);
	memcpy(input, &address, sizeof(address));
	input[sizeof(address)] = byte;
	return XXH3_64bits_withSeed(input, sizeof(input), hash);
}
