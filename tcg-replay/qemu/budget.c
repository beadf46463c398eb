/*
 * The branch budget: how far translated code may run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg/rr-count.h"

bool rr_replaying;
int rr_budget_env_offset;
RRReplay rr_replay;

uint64_t rr_replay_branches(void)
{
    return rr_cond_retired(rr_replay.env, 0);
}

/* Stop before the first instruction after @target branches. */
void rr_replay_set_target(uint64_t target)
{
    CPUX86State *env = rr_replay.env;
    uint64_t now = rr_replay_branches();

    env->rr.cond_left[0] = (int64_t)(target - now) - 1;
    env->rr.cond_base[0] = now + env->rr.cond_left[0];
}

void rr_replay_stop_here(void)
{
    rr_replay_set_target(rr_replay_branches());
}
