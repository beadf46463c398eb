/*
 * The goal of a replay.  See goal.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

#include "tcg-replay/qemu/goal.h"

#define RR_REP_ITERATIONS 65536 /* REP_MAX of QEMU's translate.c, and 1 */

#define GOAL(ID) (1u << RR_GOAL_##ID)
#define STOPPED_AT_LANDMARK (GOAL(APPLY) | GOAL(AT_END))
#define RUNNING (GOAL(TO_LANDMARK) | GOAL(STEP) | GOAL(TO_ACCESS) | \
                 GOAL(TO_ACCESS_UNBOUNDED))

/*
 * For each goal those that may follow it.  A running guest may be stopped early
 * and go on with the same goal.  The landmark that bounds TO_ACCESS stays in
 * sight until it is applied, so TO_ACCESS_UNBOUNDED does not follow.  A record
 * that cannot be read ends the replay from everywhere.
 */
static const unsigned int successors[RR_GOAL_COUNT] = {
    [RR_GOAL_UNDECIDED] = RUNNING | STOPPED_AT_LANDMARK | GOAL(ENDED),
    [RR_GOAL_TO_LANDMARK] = GOAL(TO_LANDMARK) | GOAL(STEP) |
                            STOPPED_AT_LANDMARK | GOAL(ENDED),
    [RR_GOAL_STEP] = GOAL(STEP) | STOPPED_AT_LANDMARK | GOAL(ENDED),
    [RR_GOAL_TO_ACCESS] = GOAL(TO_ACCESS) | GOAL(TO_LANDMARK) | GOAL(STEP) |
                          STOPPED_AT_LANDMARK | GOAL(ENDED),
    [RR_GOAL_TO_ACCESS_UNBOUNDED] = GOAL(TO_ACCESS_UNBOUNDED) |
                                    GOAL(UNDECIDED) | GOAL(ENDED),
    [RR_GOAL_APPLY] = RUNNING | STOPPED_AT_LANDMARK | GOAL(ENDED),
    [RR_GOAL_AT_END] = GOAL(AT_END) | GOAL(ENDED),
};

const char *rr_goal_name(enum rr_goal goal)
{
    static const char *const names[RR_GOAL_COUNT] = {
        [RR_GOAL_UNDECIDED] = "undecided",
        [RR_GOAL_TO_LANDMARK] = "to-landmark",
        [RR_GOAL_STEP] = "step",
        [RR_GOAL_TO_ACCESS] = "to-access",
        [RR_GOAL_TO_ACCESS_UNBOUNDED] = "to-access-unbounded",
        [RR_GOAL_APPLY] = "apply",
        [RR_GOAL_AT_END] = "at-end",
        [RR_GOAL_ENDED] = "ended",
        [RR_GOAL_DIVERGED] = "diverged",
    };

    return goal < RR_GOAL_COUNT ? names[goal] : "?";
}

bool rr_goal_is_final(enum rr_goal goal)
{
    return goal == RR_GOAL_ENDED || goal == RR_GOAL_DIVERGED;
}

bool rr_goal_may_follow(enum rr_goal from, enum rr_goal to)
{
    if (from >= RR_GOAL_COUNT || to >= RR_GOAL_COUNT ||
        rr_goal_is_final(from)) {
        return false;
    }
    return to == RR_GOAL_DIVERGED || (successors[from] >> to & 1);
}

void rr_goal_change(enum rr_goal *goal, enum rr_goal to)
{
    if (!rr_goal_may_follow(*goal, to)) {
        fprintf(stderr, "rr-replay: goal %s cannot follow %s\n",
                rr_goal_name(to), rr_goal_name(*goal));
        abort();
    }
    *goal = to;
}

static struct rr_decision lost(enum rr_lost why)
{
    return (struct rr_decision){ .goal = RR_GOAL_DIVERGED, .lost = why };
}

static struct rr_decision run(enum rr_goal goal, uint64_t stop_at_branches)
{
    return (struct rr_decision){ .goal = goal,
                                 .stop_at_branches = stop_at_branches };
}

static struct rr_decision step(const struct rr_outlook *o)
{
    if (o->steps >= RR_MAX_STEPS) {
        return lost(RR_LOST_STEPS);
    }
    return run(RR_GOAL_STEP, o->branches);
}

/* The end record was passed. */
static struct rr_decision after_end(const struct rr_outlook *o)
{
    switch (o->head) {
    case RR_HEAD_NONE:
        return run(RR_GOAL_ENDED, o->branches);
    case RR_HEAD_DIGEST:
        return run(RR_GOAL_AT_END, o->branches);
    default:
        return lost(RR_LOST_PAST_END);
    }
}

static struct rr_decision to_landmark(const struct rr_outlook *o)
{
    if (o->branches > o->landmark_branches) {
        return lost(RR_LOST_PAST_LANDMARK);
    }
    if (o->branches < o->landmark_branches) {
        return o->halted ? lost(RR_LOST_HALTED_EARLY)
                         : run(RR_GOAL_TO_LANDMARK, o->landmark_branches);
    }
    if (o->registers_match) {
        return run(o->head == RR_HEAD_END ? RR_GOAL_AT_END : RR_GOAL_APPLY,
                   o->branches);
    }
    return o->halted ? lost(RR_LOST_HALTED_ELSEWHERE) : step(o);
}

static struct rr_decision to_access_unbounded(enum rr_goal goal,
                                              const struct rr_outlook *o)
{
    uint64_t lost_at = goal == RR_GOAL_TO_ACCESS_UNBOUNDED
                       ? o->lost_at_branches
                       : o->branches + RR_MAX_BRANCHES_UNBOUNDED;

    if (o->branches >= lost_at) {
        return lost(RR_LOST_BRANCHES);
    }
    return run(RR_GOAL_TO_ACCESS_UNBOUNDED, lost_at);
}

static struct rr_decision to_access(enum rr_goal goal,
                                    const struct rr_outlook *o)
{
    if (o->halted) {
        return lost(RR_LOST_HALTED_NO_ACCESS);
    }
    if (!o->landmark_known) {
        return to_access_unbounded(goal, o);
    }
    if (o->branches > o->landmark_branches) {
        return lost(RR_LOST_PAST_LANDMARK_NO_ACCESS);
    }
    if (o->branches == o->landmark_branches) {
        return step(o);
    }
    return run(RR_GOAL_TO_ACCESS, o->landmark_branches);
}

struct rr_decision rr_goal_next(enum rr_goal goal,
                                const struct rr_outlook *outlook)
{
    if (goal == RR_GOAL_AT_END) {
        return after_end(outlook);
    }
    switch (outlook->head) {
    case RR_HEAD_NONE:
        return run(RR_GOAL_ENDED, outlook->branches);
    case RR_HEAD_DIGEST:
        return run(RR_GOAL_APPLY, outlook->branches);
    case RR_HEAD_ACCESS:
        return to_access(goal, outlook);
    default:
        return to_landmark(outlook);
    }
}

/* This far away, the loop of TCG does not run past @landmark_rcx. */
static bool is_far(uint64_t rcx, uint64_t landmark_rcx)
{
    return rcx < landmark_rcx || rcx - landmark_rcx >= RR_REP_ITERATIONS;
}

/*
 * TCG leaves the loop of a REP where RCX - 1 is a multiple of 65,536.  A count
 * below the landmark's is that of an earlier REP: it only falls.  The
 * instruction may use ECX: then its first iteration clears the upper half.
 */
bool rr_goal_may_loop(uint64_t rip, uint64_t rcx, uint64_t landmark_rip,
                      uint64_t landmark_rcx)
{
    return rip != landmark_rip ||
           (rcx != landmark_rcx && is_far(rcx, landmark_rcx) &&
            is_far((uint32_t)rcx, landmark_rcx));
}

enum rr_goal rr_goal_record_taken(enum rr_goal goal)
{
    return goal == RR_GOAL_TO_ACCESS_UNBOUNDED ? RR_GOAL_UNDECIDED : goal;
}
