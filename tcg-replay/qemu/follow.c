/*
 * Following the log: which record is next, and is the guest there yet?
 *
 * The branch budget (env->rr.cond_left) is set to the next landmark's count;
 * translated code runs at full speed until it is used up, then instructions
 * run one at a time until the registers are the landmark's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/replay.h"
#include "exec/exec-all.h"
#include "exec/translation-block.h"
#include "qemu/main-loop.h"

/* Instructions between two conditional branches: more is a lost guest. */
#define MAX_STEPS 50000000
/*
 * Branches to the next access where no landmark is in sight.  A guest that runs
 * that long takes timer interrupts, which are landmarks; else it is lost.
 */
#define MAX_BRANCHES_UNBOUNDED (INT64_C(1) << 34)

bool rr_replay_due(CPUState *cpu)
{
    return rr_replaying && rr_replay.env &&
           rr_replay.env->rr.cond_left[0] < 0;
}

/* Run one instruction (one repetition of a REP), then look again. */
static void step(void)
{
    CPUState *cpu = rr_replay.cpu;
    uint32_t keep = cpu->cflags_next_tb == -1
                    ? cpu->tcg_cflags
                    : cpu->cflags_next_tb & ~CF_COUNT_MASK;

    if (++rr_replay.steps > MAX_STEPS) {
        rr_replay_diverged("%u instructions without the landmark",
                           MAX_STEPS);
        return;
    }
    /* CF_NOIRQ: the budget is used up, do not stop for that. */
    cpu->cflags_next_tb = keep | CF_NO_GOTO_TB | CF_NO_GOTO_PTR |
                          CF_SINGLE_STEP | CF_NOIRQ | 1;
}

static void here(struct rr_landmark *lm)
{
    lm->branches = rr_replay_branches();
    rr_landmark_from_env(rr_replay.env, lm);
}

static void missed(const struct rrlog_record *rec, const char *what)
{
    struct rr_landmark found;

    here(&found);
    rr_replay_diverged_at(rec, rr_replay.near_miss_valid
                          ? &rr_replay.near_miss : &found, what);
}

/* True: the record at the head was applied. */
static bool try_landmark(const struct rrlog_record *rec)
{
    struct rr_landmark now;
    int where;

    here(&now);
    where = rr_landmark_compare_branches(now.branches,
                                         rec->landmark.branches);
    if (where > 0) {
        missed(rec, "the guest passed the landmark");
        return false;
    }
    if (where < 0) {
        if (rr_replay.halted) {
            missed(rec, "the guest halted before the landmark");
            return false;
        }
        rr_replay_set_target(rec->landmark.branches);
        return false;
    }
    if (rr_landmark_first_difference(&now, &rec->landmark) == RR_REG_COUNT) {
        if (!rr_replay_check_output(rec)) {
            return false;
        }
        rr_replay_apply_head();
        return true;
    }
    if (now.regs[RR_REG_RIP] == rec->landmark.regs[RR_REG_RIP]) {
        rr_replay.near_miss = now;
        rr_replay.near_miss_valid = true;
    }
    if (rr_replay.halted) {
        missed(rec, "the guest halted elsewhere");
        return false;
    }
    step();
    return false;
}

static void run_unbounded(uint64_t now)
{
    if (!rr_replay.unbounded) {
        rr_replay.unbounded = true;
        rr_replay.unbounded_end = now + MAX_BRANCHES_UNBOUNDED;
    }
    if (now >= rr_replay.unbounded_end) {
        rr_replay_diverged("%" PRId64 " branches without the access that the "
                           "log has next", MAX_BRANCHES_UNBOUNDED);
        return;
    }
    rr_replay_set_target(rr_replay.unbounded_end);
}

/* The next record waits for an access of the guest: how long may it run? */
static void run_to_access(const struct rrlog_record *rec)
{
    const struct rrlog_record *bound = rr_replay_next_landmark();
    uint64_t now = rr_replay_branches();

    if (rr_replay.finished) {
        return;
    }
    if (rr_replay.halted) {
        rr_replay_diverged("the guest halted, but the log says it goes on");
        return;
    }
    if (!bound) {
        run_unbounded(now);
    } else if (now > bound->landmark.branches) {
        missed(bound, "the guest passed the landmark without the access that "
                      "the log has before it");
    } else {
        rr_replay_set_target(bound->landmark.branches);
        if (now == bound->landmark.branches) {
            step();
        }
    }
}

static bool follow_log(void)
{
    bool changed = false;

    for (;;) {
        const struct rrlog_record *rec;

        rr_replay_outside_at_access();
        rec = rr_replay_head();
        if (rr_replay.finished) {
            return changed;
        }
        if (!rec) {
            rr_replay_end_of_log();
            return changed;
        }
        if (rec->type == RRLOG_RAM_DIGEST) {
            rr_replay_apply_head();
            continue;
        }
        if (rr_replay.seen_end) {
            rr_replay_diverged("records after the end");
            return changed;
        }
        if (rec->stamp == RRLOG_AT_ACCESS) {
            run_to_access(rec);
            return changed;
        }
        if (!try_landmark(rec)) {
            return changed;
        }
        changed = true;
        if (rr_replay.seen_end) {
            continue;
        }
    }
}

bool rr_replay_boundary(CPUState *cpu)
{
    uint64_t records = rr_replay.records;

    bql_lock();
    if (!rr_replay.finished) {
        follow_log();
        rr_replay_show_progress(false);
    }
    if (rr_replay.finished) {
        cpu->halted = 1;
        cpu->exception_index = EXCP_HLT;
        cpu_loop_exit(cpu); /* gives up the BQL */
    }
    bql_unlock();
    return rr_replay.records != records || rr_replay.halted;
}

G_NORETURN void rr_replay_halt(CPUState *cpu)
{
    rr_replay.halted = true;
    rr_replay_stop_here();
    cpu->exception_index = -1;
    cpu_loop_exit_noexc(cpu);
}
