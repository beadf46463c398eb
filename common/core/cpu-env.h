/*
 * The CPU state of a trace, and landmarks, from and to a CPU of QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPU_ENV_H
#define RR_CPU_ENV_H

#include "cpu.h"
#include "common/core/cpu-state.h"

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
 * The general registers of @env as those of a landmark, RFLAGS too.
 * lm->branches is left alone.
 */
void rr_landmark_from_env(CPUX86State *env, struct rr_landmark *lm);

#endif
