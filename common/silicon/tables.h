/*
 * The tables behind RCPSS, RCPPS, RSQRTSS and RSQRTPS.
 *
 * The manuals give only a bound of the error (SDM vol. 2, RCPSS and RSQRTSS). Processors
 * read the result from a table by the top 12 bits of the mantissa.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SILICON_TABLES_H
#define RR_SILICON_TABLES_H

#include <stdint.h>

#define SILICON_TABLE_ENTRIES 4096

/* An entry: the result's top 12 bits of mantissa; bit 12: exponent + 1. */
struct silicon_tables {
	uint16_t rcp[SILICON_TABLE_ENTRIES];
	uint16_t rsqrt[2][SILICON_TABLE_ENTRIES]; /* even, odd exponent */
};

extern const struct silicon_tables silicon_tables_zen3, silicon_tables_core;

/* RCPSS of the float with the bits @x, and of the result the bits. */
uint32_t silicon_rcp(const struct silicon_tables *t, uint32_t x);

/* RSQRTSS, likewise. */
uint32_t silicon_rsqrt(const struct silicon_tables *t, uint32_t x);

#endif
