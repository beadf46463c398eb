/*
 * One generated instruction: its bytes, and what must be loaded before it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_SILICON_INSN_H
#define TESTS_SILICON_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/silicon/forms.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

enum mode { MODE_64, MODE_32, MODE_16 };

/* How a general register gets its value; none of them changes a flag. */
enum load {
	LOAD_NOT,
	LOAD_WORD, /* 64 bits of the row */
	LOAD_ZX8, /* a byte of the row, zero-extended */
	LOAD_SX8, /* a byte of the row, sign-extended */
	LOAD_ZX16,
	LOAD_SMALL, /* 0 to 7 */
	LOAD_CONST,
};

/* The program's memory for operands; a page begins at MEM_PAGE. */
#define MEM_WORDS 48
#define MEM_BYTES (MEM_WORDS * 8)
#define PAGE_BYTES 4096

struct insn {
	const struct form *form;
	uint8_t bytes[40];
	unsigned int length;
	enum mode mode;
	struct {
		enum load how;
		unsigned int offset; /* in the row, in bytes */
		uint64_t constant;
	} gpr[16];
	uint32_t vectors; /* registers to load, a bit each */
	int gather_index; /* its vector register holds offsets; -1: none */
	bool gather_of_64; /* the offsets have 64 bits */
	bool is_x87, is_mmx, has_mxcsr, has_vectors, has_avx;
	unsigned int mem_words; /* 0: there is no memory operand */
	unsigned int mem_offset; /* in the row, of the memory's first word */
	bool crosses_page, ends_page; /* where the memory operand is */
	bool is_limited; /* DS and ES end with that page */
	bool sets_df, uses_stack;
};

/*
 * Generate an instruction of the form @f, from the generator *@state; @features
 * has a bit for each enum feature.  @mem is the address of the memory for
 * operands, below 2 GiB.  False if the processor has no such instruction.
 */
bool insn_generate(struct insn *insn, const struct form *f, uint64_t features,
		   uint64_t *state, uint32_t mem);

/* A number below @n from *@state. */
static inline unsigned int pick(uint64_t *state, unsigned int n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 20) % n;
}

#endif
