/*
 * The CPU state of a trace: an array of 64-bit values with a fixed order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPU_STATE_H
#define RR_CPU_STATE_H

#include "cpu.h"
#include "common/landmark/landmark.h"

/* 18 registers, segments, tables, control registers, MSRs, debug, x87, SSE */
#define RR_CPU_STATE_MAX 256

typedef struct RRCPUState {
    uint32_t count;
    uint64_t value[RR_CPU_STATE_MAX];
} RRCPUState;

/*
 * Read the state of @env, which must be synchronised (KVM) or at an
 * instruction boundary (TCG).
 */
void rr_cpu_state_get(CPUX86State *env, RRCPUState *state);

/*
 * Load a state, @bytes at @data, into a TCG CPU.  Returns false, and changes
 * nothing, if the size is not that of a state.
 */
bool rr_cpu_state_put(CPUX86State *env, const void *data, size_t bytes);

/*
 * Returns the first index at which @a and @b differ, or -1 if they are equal.
 * @name, an array of 64 bytes, gets the name of the differing register.
 */
int rr_cpu_state_compare(const RRCPUState *a, const RRCPUState *b, char *name);

/*
 * The general registers of @env as those of a landmark, RFLAGS without the bits
 * of RR_RFLAGS_IGNORED.  lm->branches is left alone.
 */
void rr_landmark_from_env(CPUX86State *env, struct rr_landmark *lm);

#endif
