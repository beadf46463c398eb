/*
 * Landmarks: the name of one instruction boundary in the life of a guest.
 *
 * This is the one definition that the recorder and the replayer share (see
 * ARCHITECTURE.md, "Time").  Plain C11; no QEMU, no I/O, no global state; every
 * function may be called from any thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LANDMARK_H
#define RR_LANDMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Registers of a landmark, in the order in which traces store them. */
/* clang-format off */
#define RR_REGISTERS(X) \
	X(RAX, "rax") X(RBX, "rbx") X(RCX, "rcx") X(RDX, "rdx") \
	X(RSI, "rsi") X(RDI, "rdi") X(RSP, "rsp") X(RBP, "rbp") \
	X(R8, "r8") X(R9, "r9") X(R10, "r10") X(R11, "r11") \
	X(R12, "r12") X(R13, "r13") X(R14, "r14") X(R15, "r15") \
	X(RIP, "rip") X(RFLAGS, "rflags")
/* clang-format on */

enum rr_reg {
#define X(id, name) RR_REG_##id,
	RR_REGISTERS(X)
#undef X
		RR_REG_COUNT
};

/*
 * RF is not compared: hardware sets it after exits that a replay does not see (SDM
 * vol. 3, 28.3.3).  A replay takes it from the landmark where an interrupt pushes
 * it; old traces have zero.  AF, which is undefined after shifts, MUL and DIV
 * (SDM vol. 1, appendix A), is in those of traces whose manifest says so; it can
 * be compared where the family of the recording processor is known.
 */
#define RR_RFLAGS_AF (UINT64_C(1) << 4)
#define RR_RFLAGS_RF (UINT64_C(1) << 16)
/* What the digest leaves out, and landmarks of old traces. */
#define RR_RFLAGS_IGNORED (RR_RFLAGS_AF | RR_RFLAGS_RF)

struct rr_landmark {
	uint64_t branches; /* conditional branches retired since the start */
	uint64_t regs[RR_REG_COUNT];
};

/** Name of a register, as gdb has it ("rip"); never NULL for a valid @reg. */
const char *rr_reg_name(enum rr_reg reg);

/**
 * Compare the state part (not .branches) of two landmarks.
 * Returns the first register in which they differ, RR_REG_COUNT if none;
 * RFLAGS bits in @ignored do not count.
 */
enum rr_reg rr_landmark_first_difference(const struct rr_landmark *a,
					 const struct rr_landmark *b,
					 uint64_t ignored);

/** 64-bit digest (XXH3) of all registers less RR_RFLAGS_IGNORED. */
uint64_t rr_landmark_digest(const struct rr_landmark *lm);

/**
 * Fold one byte that the guest put out into the rolling output hash.
 * @address: guest physical address, or port number | RR_OUTPUT_PORT.
 * Per byte, so that the two sides may split an access differently
 * (KVM in fragments of 8, TCG at its alignment).
 */
#define RR_OUTPUT_PORT (UINT64_C(1) << 63)
uint64_t rr_output_hash(uint64_t hash, uint64_t address, uint8_t byte);

/**
 * Where a count stands against a landmark's: <0 before, 0 at the same branch,
 * >0 past it.  Counts never wrap (2^64 branches are centuries).
 */
static inline int rr_landmark_compare_branches(uint64_t now, uint64_t target)
{
	return now < target ? -1 : now > target;
}

#endif
