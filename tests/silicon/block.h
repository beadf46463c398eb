/*
 * A block of code that executes one generated instruction on many operands and
 * hashes what each execution leaves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_SILICON_BLOCK_H
#define TESTS_SILICON_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "tests/silicon/insn.h"

/* Words of ->out. */
enum {
	OUT_GPR = 0,
	OUT_FLAGS = 16,
	OUT_MXCSR = 17,
	OUT_VECTOR = 18, /* 4 words each */
	OUT_MMX = 18 + 16 * 4,
	OUT_STATUS = OUT_MMX + 8, /* of x87 */
	OUT_TAGS,
	OUT_STACK, /* 10 words: 8 registers of 80 bits */
	OUT_WORDS = OUT_STACK + 10,
};

#define ROW_BYTES (40 * 8) /* what one execution may read of the table */
#define MXCSRS 256

/* Its address is below 2 GiB, and that of ->mem a multiple of the page's size. */
struct state {
	const uint8_t *row;
	uint64_t stride_bytes;
	uint64_t count; /* executions left */
	uint64_t hash;
	uint64_t stack; /* RSP of the block */
	uint64_t signal; /* of the last execution; 0: none */
	uint64_t faults; /* in this block so far */
	struct {
		uint32_t offset;
		uint16_t selector;
	} __attribute__((packed)) target; /* of the far jump to 32 or 16 bits */
	uint8_t small[256]; /* 0 to 7 */
	int32_t gather[2][8][8]; /* offsets of 32 and of 64 bits */
	uint32_t mxcsr[MXCSRS];
	uint32_t mxcsr_unmasked[MXCSRS];
	uint16_t x87_control[MXCSRS];
	uint16_t x87_unmasked[MXCSRS]; /* control words too */
	uint32_t x87_pending[7]; /* for FLDENV: an exception that waits */
	uint8_t x87[112]; /* of FNSAVE */
	uint64_t out[OUT_WORDS];
	uint8_t before[0] __attribute__((aligned(4096)));
	uint8_t gap[4096 - MEM_BYTES];
	uint8_t low[MEM_BYTES];
	uint8_t mem[MEM_BYTES]; /* a page begins here; behind it is none */
};

/* Code segments, and the memory for code of 32 and 16 bits. */
struct segments {
	uint16_t code_64, code_32, code_16;
	uint16_t data,
		limited_data; /* the second one ends with the operands' page */
	uint8_t *area; /* where the segment of 16 bits begins */
	unsigned int area_bytes, used_bytes;
};

struct block {
	void (*run)(struct state *state);
	/* The instruction's place, relative to its code segment. */
	uint64_t from, to;
	/* Words that are compared: offsets in struct state. */
	uint16_t word[OUT_WORDS + MEM_WORDS];
	unsigned int words;
	unsigned int length;
	bool has_lahf; /* the flags are AX of LAHF, with OF in AL */
};

/*
 * Emit at @code, which has room for BLOCK_BYTES, a block for @insn.  The choices
 * that are not the instruction's are from *@rng.
 */
#define BLOCK_BYTES 8192
void block_emit(struct block *b, uint8_t *code, const struct insn *insn,
		struct segments *segments, uint64_t *rng);

#endif
