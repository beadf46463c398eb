/*
 * The goal of a replay: what the guest is to do next.
 *
 * Plain C without QEMU: one function computes the goal from plain inputs, and
 * one changes it, which ends the program on an edge that is not in the diagram.
 *
 *                    UNDECIDED <--- a record was taken ---+
 *                        |                                |
 *      +-----------+-----+------+-------------------+     |
 *      v           v            v                   v     |
 *  TO_LANDMARK   STEP <---- TO_ACCESS    TO_ACCESS_UNBOUNDED
 *      |           |            |
 *      +--> STEP --+------------+---> APPLY ---> all of the row above
 *                                       |
 *                                     AT_END ---> ENDED
 *
 *  UNDECIDED, APPLY: ENDED, where the log ends without an end record
 *  each of these: ENDED, where the next record cannot be read
 *  each of these: DIVERGED
 *
 * TO_LANDMARK and TO_ACCESS run translated code at full speed, at most to the
 * next landmark's count of branches; STEP runs single instructions from there
 * until all registers are the landmark's.  A guest that is TO_ACCESS takes
 * records from the log as it makes accesses, so the landmark may be next when
 * it stops.  APPLY and AT_END do not run the guest: they change it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_GOAL_H
#define RR_REPLAY_GOAL_H

#include <stdbool.h>
#include <stdint.h>

/* Instructions between two conditional branches: more is a lost guest. */
#define RR_MAX_STEPS 50000000
/*
 * Branches to the next access where no landmark is in sight.  A guest that runs
 * that long takes timer interrupts, which are landmarks; else it is lost.
 */
#define RR_MAX_BRANCHES_UNBOUNDED (UINT64_C(1) << 34)

enum rr_goal {
    /* The log has to be looked at: the start, or after a record was taken. */
    RR_GOAL_UNDECIDED,
    /* The next record has a landmark, which lies ahead. */
    RR_GOAL_TO_LANDMARK,
    /* The count of the next landmark is reached, its registers are not. */
    RR_GOAL_STEP,
    /* The next record belongs to an access of the guest. */
    RR_GOAL_TO_ACCESS,
    /* The same, and there is no landmark within the records read ahead. */
    RR_GOAL_TO_ACCESS_UNBOUNDED,
    /* The guest is where the next record takes effect. */
    RR_GOAL_APPLY,
    /* The guest is at its end record; digests of RAM may follow it. */
    RR_GOAL_AT_END,
    /* The replay is over: the log is, or it cannot be read. */
    RR_GOAL_ENDED,
    /* The replay is over: it differs from the recording. */
    RR_GOAL_DIVERGED,
    RR_GOAL_COUNT
};

/* The next record of the log. */
enum rr_head {
    RR_HEAD_NONE, /* the log is over */
    RR_HEAD_ACCESS, /* at access */
    RR_HEAD_LANDMARK, /* at landmark */
    RR_HEAD_END, /* at landmark: the end of the recording */
    RR_HEAD_DIGEST, /* of RAM; holds where it stands in the log */
};

/* Why the guest is lost: RR_GOAL_DIVERGED, found between two instructions. */
enum rr_lost {
    RR_LOST_NOT,
    RR_LOST_PAST_LANDMARK,
    RR_LOST_PAST_LANDMARK_NO_ACCESS,
    RR_LOST_HALTED_EARLY,
    RR_LOST_HALTED_ELSEWHERE,
    RR_LOST_HALTED_NO_ACCESS,
    RR_LOST_STEPS,
    RR_LOST_BRANCHES,
    RR_LOST_PAST_END,
    RR_LOST_COUNT
};

/* What a goal depends on. */
struct rr_outlook {
    enum rr_head head;
    bool halted; /* the guest executed HLT and was not woken */
    bool landmark_known; /* a landmark is in sight; RR_HEAD_LANDMARK: true */
    bool registers_match; /* all registers are those of this landmark */
    uint64_t landmark_branches; /* its count */
    uint64_t branches; /* retired by the guest */
    uint64_t steps; /* single instructions since the last landmark */
    uint64_t lost_at_branches; /* as decided; for TO_ACCESS_UNBOUNDED */
};

struct rr_decision {
    enum rr_goal goal;
    enum rr_lost lost; /* why; for RR_GOAL_DIVERGED */
    /* For the goals that run the guest at full speed: at most to here. */
    uint64_t stop_at_branches;
};

/** The name of @goal, for trace events and messages. */
const char *rr_goal_name(enum rr_goal goal);

/** The replay is over. */
bool rr_goal_is_final(enum rr_goal goal);

/** An edge of the diagram (or from a goal that runs the guest to itself). */
bool rr_goal_may_follow(enum rr_goal from, enum rr_goal to);

/** Change *@goal to @to; abort()s if that is not an edge of the diagram. */
void rr_goal_change(enum rr_goal *goal, enum rr_goal to);

/** The goal between two instructions; @goal is the one so far. */
struct rr_decision rr_goal_next(enum rr_goal goal,
                                const struct rr_outlook *outlook);

/**
 * May all iterations of a REP at @rip run at once, or as many as TCG runs at a
 * time (65,536)?  Not if one of them may be where the next landmark is.
 * @rcx: the guest's; @landmark_rip, @landmark_rcx: the landmark's.
 */
bool rr_goal_may_loop(uint64_t rip, uint64_t rcx, uint64_t landmark_rip,
                      uint64_t landmark_rcx);

/** The goal once a record was taken from the log; @goal is the one so far. */
enum rr_goal rr_goal_record_taken(enum rr_goal goal);

#endif
