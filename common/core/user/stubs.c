/*
 * The hooks of user-mode emulators, which neither record nor replay.  The suite
 * tests/silicon runs one, since its TCG is the one that replays.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "common/core/hooks.h"

bool rr_recording;
bool rr_replaying;
int rr_budget_env_offset;

bool rr_replay_due(CPUState *cpu)
{
    return false;
}

/* The others are called only while recording or replaying. */

void rr_record_bql_wait_begin(void)
{
    g_assert_not_reached();
}

void rr_record_bql_wait_end(void)
{
    g_assert_not_reached();
}

uint64_t rr_record_cpu_features(int word, uint64_t features,
                                uint64_t tcg_features)
{
    g_assert_not_reached();
}

bool rr_replay_boundary(CPUState *cpu)
{
    g_assert_not_reached();
}

void rr_replay_cpuid(CPUState *cpu, uint32_t index, uint32_t count,
                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                     uint32_t *edx)
{
    g_assert_not_reached();
}
