/*
 * The transcendental instructions of x87, as the processor that this runs on
 * executes them.
 *
 * The manuals give only a bound of their error (SDM vol. 1, 8.3.10), and no table
 * gives their results: only a processor of the same kind does.  The fingerprint
 * tells whether two processors are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SILICON_X87_H
#define RR_SILICON_X87_H

#include <stdbool.h>
#include <stdint.h>

enum silicon_x87_insn {
	SILICON_F2XM1,
	SILICON_FYL2X,
	SILICON_FYL2XP1,
	SILICON_FPTAN,
	SILICON_FPATAN,
	SILICON_FSIN,
	SILICON_FCOS,
	SILICON_FSINCOS,
	SILICON_X87_INSNS,
};

/* A register as it is in memory: 80 bits. */
struct silicon_x87_reg {
	uint64_t fraction;
	uint16_t exponent; /* and the sign */
};

struct silicon_x87 {
	/* word; exceptions of operands and precision are masked meanwhile */
	uint16_t control;
	uint16_t status; /* word; TOP is what the execution left: 6 was before */
	struct silicon_x87_reg st[2];
};

/* TOP after an instruction that pushed, left and popped the stack. */
#define SILICON_X87_TOP_PUSHED 5
#define SILICON_X87_TOP_POPPED 7

/*
 * Executes @insn with the operands, the control word and the condition codes in
 * @x, and stores ST0, ST1 and the status word.  Returns false, and does nothing, on
 * a machine without x87.
 */
bool silicon_x87_run(enum silicon_x87_insn insn, struct silicon_x87 *x);

/* The name of @insn, in capitals. */
const char *silicon_x87_name(enum silicon_x87_insn insn);

/*
 * A checksum of what each of the instructions gives for 256 operands, in all four
 * ways to round; 0 on a machine without x87.
 */
uint64_t silicon_x87_fingerprint(void);

#endif
