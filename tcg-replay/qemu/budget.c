/*
 * The branch budget: how far translated code may run.  A patch of the series
 * adds the counter (target/i386/tcg/rr-count.h in QEMU).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg/rr-count.h"

int rr_budget_env_offset;

uint64_t rr_replay_branches(const struct rr_replay *r)
{
    return rr_cond_retired(r->host.env, 0);
}

void rr_replay_set_target(struct rr_replay *r, uint64_t target)
{
    CPUX86State *env = r->host.env;
    uint64_t now = rr_replay_branches(r);

    env->rr.cond_left[0] = (int64_t)(target - now) - 1;
    env->rr.cond_base[0] = now + env->rr.cond_left[0];
}

void rr_replay_stop_here(struct rr_replay *r)
{
    rr_replay_set_target(r, rr_replay_branches(r));
}
