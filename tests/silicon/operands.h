/*
 * Tables of operands, rich in the values where instructions differ.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_SILICON_OPERANDS_H
#define TESTS_SILICON_OPERANDS_H

#include <stdint.h>

#include "tests/silicon/forms.h"

#define TABLE_WORDS 65536u

/* Fill @table, TABLE_WORDS words, with operands of @kind from *@state. */
void operands_fill(uint64_t *table, enum kind kind, uint64_t *state);

/* Fill @mxcsr with values that LDMXCSR takes; all exceptions are masked. */
void operands_mxcsr(uint32_t *mxcsr, unsigned int count, uint64_t *state);

/* The same with one exception unmasked, with all, or with some. */
void operands_mxcsr_unmasked(uint32_t *mxcsr, unsigned int count,
			     uint64_t *state);

/* Likewise control words of x87. */
void operands_x87(uint16_t *control, unsigned int count, uint64_t *state);
void operands_x87_unmasked(uint16_t *control, unsigned int count,
			   uint64_t *state);

#endif
