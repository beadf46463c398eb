/*
 * Stand-ins for what QEMU does with a CPU, for tests in one process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_CPU_STAND_INS_H
#define TESTS_CPU_STAND_INS_H

#include <stdint.h>

#define CPU_STAND_INS_WORDS 16

struct cpu_stand_ins {
	uint64_t memory[CPU_STAND_INS_WORDS]; /* of the guest, repeated */
	uint32_t sse_exceptions; /* that TCG keeps apart from MXCSR */
	unsigned int flushes; /* of the TLB */
};

extern struct cpu_stand_ins cpu_stand_ins;

#endif
