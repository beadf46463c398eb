/*
 * The replay of this process, and its goal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/trace.h"

bool rr_replaying;

struct rr_replay *rr_replay_get(void)
{
    static struct rr_replay replay;

    return &replay;
}

void rr_replay_set_goal(struct rr_replay *r, enum rr_goal goal)
{
    enum rr_goal old = r->position.goal;

    g_assert(bql_locked());
    rr_goal_change(&r->position.goal, goal);
    if (goal != old) {
        trace_rr_replay_goal(rr_goal_name(old), rr_goal_name(goal),
                             r->position.records, rr_replay_branches(r));
    }
}

bool rr_replay_is_over(const struct rr_replay *r)
{
    return rr_goal_is_final(r->position.goal);
}

bool rr_replay_has_debugger(const struct rr_replay *r)
{
    return r->debugger.travel && !r->debugger.has_left;
}

const struct rrlog_record *rr_replay_peek(const struct rr_replay *r)
{
    const struct rr_log *log = &r->host.log;

    return log->head_is_valid ? &log->head : NULL;
}
