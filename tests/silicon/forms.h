/*
 * The instructions that the suite generates: one row for an encoding, from which
 * insn.c chooses widths, operands and prefixes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_SILICON_FORMS_H
#define TESTS_SILICON_FORMS_H

#include <stdint.h>

/* Opcode maps (SDM vol. 2, 2.1.2 and 2.3.5). */
enum map { ONE_BYTE, MAP_0F, MAP_0F38, MAP_0F3A };

/* Mandatory prefixes, numbered as in VEX.pp. */
enum prefix { NP, P66, PF3, PF2 };

/* Which operands an instruction reads from memory and vector registers. */
enum kind { INT, F16, F32, F64, MXINT, X87, KINDS };

enum feature {
	ALWAYS,
	NEVER, /* there is no such encoding */
	CMOV,
	CX16,
	LAHF64,
	SSE,
	SSE2,
	SSE3,
	SSSE3,
	SSE41,
	SSE42,
	POPCNT,
	MOVBE,
	LZCNT,
	BMI1,
	BMI2,
	ADX,
	AESNI,
	PCLMUL,
	SHA,
	AVX,
	AVX2,
	FMA,
	F16C,
	VAES,
	VPCLMUL,
	SEGMENTS, /* this system has segments for 32- and 16-bit code */
	FEATURES,
};

/* What the row says about its encoding. */
#define F_BYTE (1u << 0) /* operands of 8 bits */
#define F_WIDE (1u << 1) /* operands of 16, 32 or 64 bits, by prefix */
#define F_MODRM (1u << 2) /* a ModRM byte whose reg field is a register */
#define F_DIGIT (1u << 3) /* a ModRM byte whose reg field is ->digit */
#define F_REG (1u << 4) /* no memory operand */
#define F_MEM (1u << 5) /* no register in ModRM.rm */
#define F_LOCKABLE (1u << 6) /* LOCK is permitted with memory */
#define F_IMM8 (1u << 7)
#define F_IMMZ \
	(1u << 8) /* an immediate of the operand's width, at most 32 bits */
#define F_IMM64 (1u << 9) /* of the operand's full width */
#define F_OPREG (1u << 10) /* a register in the opcode's low bits */
#define F_STRING (1u << 11) /* RSI and RDI point to memory, RCX is small */
#define F_REP (1u << 12) /* REP or REPNE is permitted */
#define F_DIVIDE (1u << 13) /* small RDX, or AH, so that some quotients fit */
#define F_BITS (1u << 14) /* the source is an offset in bits from memory */
#define F_JUMP (1u << 15) /* a jump over the instruction behind it */
#define F_STACK (1u << 16) /* uses RSP */
#define F_GREG (1u << 17) /* ModRM.reg is a general register */
#define F_GRM (1u << 18) /* ModRM.rm, if a register, is a general register */
#define F_VVVV (1u << 19) /* VEX.vvvv is a source or destination */
#define F_XMM0 (1u << 20) /* XMM0 is an operand */
#define F_IS4 (1u << 21) /* the immediate's high half is a register */
#define F_W0 (1u << 22) /* VEX.W is 0 */
#define F_W1 (1u << 23) /* VEX.W is 1 */
#define F_W (1u << 24) /* W is a part of the operation, in VEX and in REX */
#define F_GATHER (1u << 25) /* a vector of offsets in memory */
#define F_NO64 (1u << 26) /* not in 64-bit code */
#define F_ALIGN (1u << 27) /* memory must be aligned to 16 bytes */
#define F_MMX (1u << 28) /* without its prefix it works on MMX registers */
#define F_GVEX (1u << 29) /* VEX on general registers */
#define F_RDI (1u << 30) /* stores to where RDI points */
#define F_DF (1u << 31) /* sets the direction flag */
#define F_X87 (1ull << 32) /* ->digit from 0xc0: the whole ModRM byte */

struct form {
	const char *name;
	uint8_t map, op, prefix, digit;
	uint8_t kind;
	uint8_t legacy, vex128, vex256; /* enum feature of each encoding */
	uint64_t flags;
};

extern const struct form forms[];
extern const unsigned int form_count;

#endif
