/*
 * Following the log: which record is next, and is the guest there yet?
 *
 * The branch budget (env->rr.cond_left) is set to the next landmark's count;
 * translated code runs at full speed until it is used up, then instructions
 * run one at a time until the registers are the landmark's.  The states and
 * their edges are drawn in goal.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/exec-all.h"
#include "exec/translation-block.h"

bool rr_replay_due(CPUState *cpu)
{
    return rr_replaying && cpu_env(cpu)->rr.cond_left[0] < 0;
}

/*
 * Run one instruction, then look again.  Of a REP this is one repetition, if
 * the next one may be where @next is.
 */
static void run_one_instruction(struct rr_replay *r,
                                const struct rr_landmark *next)
{
    const CPUX86State *env = r->host.env;
    CPUState *cpu = r->host.cpu;
    bool may_loop = !cpu->singlestep_enabled &&
                    rr_goal_may_loop(env->eip, env->regs[R_ECX],
                                     next->regs[RR_REG_RIP],
                                     next->regs[RR_REG_RCX]);
    uint32_t keep = cpu->cflags_next_tb == -1
                    ? cpu->tcg_cflags
                    : cpu->cflags_next_tb & ~CF_COUNT_MASK;

    r->position.steps++;
    /* CF_NOIRQ: the budget is used up, do not stop for that. */
    cpu->cflags_next_tb = keep | CF_NO_GOTO_TB | CF_NO_GOTO_PTR |
                          (may_loop ? 0 : CF_SINGLE_STEP) | CF_NOIRQ | 1;
}

static void find_landmark(struct rr_replay *r, struct rr_landmark *found)
{
    found->branches = rr_replay_branches(r);
    rr_landmark_from_env(r->host.env, found);
}

static enum rr_head head_kind(const struct rrlog_record *rec)
{
    if (!rec) {
        return RR_HEAD_NONE;
    }
    if (rec->type == RRLOG_RAM_DIGEST) {
        return RR_HEAD_DIGEST;
    }
    if (rec->stamp == RRLOG_AT_ACCESS) {
        return RR_HEAD_ACCESS;
    }
    return rec->type == RRLOG_END ? RR_HEAD_END : RR_HEAD_LANDMARK;
}

/* All registers are @expected's.  Keeps a near miss for the report. */
static bool registers_match(struct rr_replay *r,
                            const struct rr_landmark *expected)
{
    struct rr_landmark found;

    find_landmark(r, &found);
    if (rr_landmark_first_difference(&found, expected,
                                     r->config.ignored_rflags) ==
        RR_REG_COUNT) {
        return true;
    }
    if (found.regs[RR_REG_RIP] == expected->regs[RR_REG_RIP]) {
        rr_replay_note_near_miss(r, &found);
    }
    return false;
}

/*
 * The guest takes no interrupt behind STI and MOV SS; in a loop it comes here
 * again.  Unless the log had the memory of the right iteration just before.
 */
static bool is_in_shadow(const struct rr_replay *r,
                         const struct rrlog_record *head)
{
    return head->type == RRLOG_INTERRUPT &&
           (r->host.env->hflags & HF_INHIBIT_IRQ_MASK) &&
           memcmp(&r->position.last_dma, &head->landmark,
                  sizeof(head->landmark));
}

/*
 * Two calls of one function may have the same landmark; other return addresses
 * are on the stack then.  The record with these comes first.
 */
static bool is_in_other_call(struct rr_replay *r,
                             const struct rrlog_record *head)
{
    if (head->type != RRLOG_WORDS || rr_replay_has_words(r, head)) {
        return false;
    }
    r->report.words_at_record = r->position.records + 1;
    return true;
}

/*
 * Is the guest where @head takes effect?  It is not there yet if it has put out
 * less; so an interrupt that returns to where it came from is told from the
 * next one.  A processor that has shut down waits
 * for its reset, with which devices are reset too.  What its registers are then
 * depends on the vendor (KVM gives it an INIT on AMD, as the APM, volume 2,
 * 15.14.3, leaves them undefined), and the reset sets all of them.
 */
static bool is_at(struct rr_replay *r, const struct rrlog_record *head)
{
    if (!r->position.shut_down) {
        if (!registers_match(r, &head->landmark) || is_in_shadow(r, head) ||
            is_in_other_call(r, head)) {
            return false;
        }
        if (r->position.output_bytes >= head->output_bytes) {
            return true;
        }
        r->report.short_at_record = r->position.records + 1;
        return false;
    }
    switch (head->type) {
    case RRLOG_DMA:
    case RRLOG_SLOT:
    case RRLOG_CR8:
    case RRLOG_CPU_STATE:
    case RRLOG_WORDS:
    case RRLOG_END: /* QEMU did not reset it (-no-reboot) */
        return true;
    default:
        return false;
    }
}

/* Look at the log and the guest; *@bound: the next record with a landmark. */
static enum rr_outcome look(struct rr_replay *r, struct rr_outlook *o,
                            const struct rrlog_record **bound)
{
    const struct rrlog_record *head;
    enum rr_outcome outcome;

    outcome = rr_replay_apply_at_access(r);
    if (outcome == RR_GO_ON) {
        outcome = rr_replay_head(r, &head);
    }
    if (outcome != RR_GO_ON) {
        return outcome;
    }
    *o = (struct rr_outlook){
        .head = head_kind(head),
        .halted = r->position.halted || r->position.shut_down,
        .branches = rr_replay_branches(r),
        .steps = r->position.steps,
        .lost_at_branches = r->position.lost_at_branches,
    };
    *bound = head;
    if (o->head == RR_HEAD_NONE || o->head == RR_HEAD_DIGEST) {
        return RR_GO_ON;
    }
    if (o->head == RR_HEAD_ACCESS) {
        outcome = rr_replay_next_landmark(r, bound);
    }
    if (*bound) {
        o->landmark_known = true;
        o->landmark_branches = (*bound)->landmark.branches;
    }
    if (o->head != RR_HEAD_ACCESS && o->branches == o->landmark_branches) {
        o->registers_match = is_at(r, head);
    }
    return outcome;
}

/* Divergences that are found between two instructions. */
static enum rr_outcome report_lost(struct rr_replay *r, enum rr_lost lost,
                                   const struct rrlog_record *bound)
{
    static const char *const at_landmark[RR_LOST_COUNT] = {
        [RR_LOST_PAST_LANDMARK] = "the guest passed the landmark",
        [RR_LOST_PAST_LANDMARK_NO_ACCESS] =
            "the guest passed the landmark without the access that the log has "
            "before it",
        [RR_LOST_HALTED_EARLY] = "the guest halted before the landmark",
        [RR_LOST_HALTED_ELSEWHERE] = "the guest halted elsewhere",
    };
    struct rr_landmark found;

    if (r->position.shut_down) {
        return rr_replay_diverged(r, "the guest's processor shut down (triple "
                                  "fault), which the log does not have here");
    }
    switch (lost) {
    case RR_LOST_HALTED_NO_ACCESS:
        return rr_replay_diverged(r, "the guest halted, but the log says it "
                                  "goes on");
    case RR_LOST_STEPS:
        return rr_replay_diverged(r, "%u instructions without the landmark",
                                  RR_MAX_STEPS);
    case RR_LOST_BRANCHES:
        return rr_replay_diverged(r, "%" PRIu64 " branches without the access "
                                  "that the log has next",
                                  RR_MAX_BRANCHES_UNBOUNDED);
    case RR_LOST_PAST_END:
        return rr_replay_diverged(r, "records after the end");
    default:
        g_assert(at_landmark[lost]);
        if (r->report.short_at_record == r->position.records + 1 &&
            rr_replay_check_output(r, bound) != RR_GO_ON) {
            return RR_DIVERGED;
        }
        find_landmark(r, &found);
        return rr_replay_diverged_at(r, bound, &found, at_landmark[lost]);
    }
}

/* The guest is where the next record takes effect. */
static enum rr_outcome land(struct rr_replay *r, enum rr_head head)
{
    if (head != RR_HEAD_DIGEST) {
        const struct rrlog_record *rec = rr_replay_peek(r);
        enum rr_outcome outcome = rr_replay_check_output(r, rec);

        if (outcome != RR_GO_ON) {
            return outcome;
        }
    }
    return rr_replay_apply_head(r);
}

/* The debugger may want to stop before that. */
static uint64_t bounded(const struct rr_replay *r, uint64_t branches)
{
    return r->debugger.travel ? MIN(branches, r->debugger.stop_at_branches)
                              : branches;
}

/* Apply what is due; then the budget is set for what the guest does next. */
static enum rr_outcome follow_log(struct rr_replay *r)
{
    for (;;) {
        const struct rrlog_record *bound;
        struct rr_decision next;
        struct rr_outlook outlook;
        enum rr_outcome outcome = look(r, &outlook, &bound);

        if (outcome != RR_GO_ON) {
            return outcome;
        }
        next = rr_goal_next(r->position.goal, &outlook);
        switch (next.goal) {
        case RR_GOAL_ENDED:
            return rr_replay_end_of_log(r);
        case RR_GOAL_DIVERGED:
            return report_lost(r, next.lost, bound);
        case RR_GOAL_TO_ACCESS_UNBOUNDED:
            r->position.lost_at_branches = next.stop_at_branches;
            /* fall through */
        case RR_GOAL_TO_LANDMARK:
        case RR_GOAL_TO_ACCESS:
            rr_replay_set_goal(r, next.goal);
            rr_replay_set_target(r, bounded(r, next.stop_at_branches));
            return RR_GO_ON;
        case RR_GOAL_STEP:
            rr_replay_set_goal(r, next.goal);
            run_one_instruction(r, &bound->landmark);
            return RR_GO_ON;
        case RR_GOAL_APPLY:
        case RR_GOAL_AT_END:
            rr_replay_set_goal(r, next.goal);
            outcome = land(r, outlook.head);
            if (outcome != RR_GO_ON) {
                return outcome;
            }
            break;
        default:
            g_assert_not_reached();
        }
    }
}

/*
 * Before the guest's first instruction.  The main loop runs by then, so that
 * all files that options name are open.
 */
static enum rr_outcome enter_sandbox(struct rr_replay *r)
{
    enum rr_outcome outcome;
    int ret;

    if (!r->config.sandbox || r->host.is_in_sandbox) {
        return RR_GO_ON;
    }
    r->host.is_in_sandbox = true;
    ret = rr_sandbox_enter(r->host.screen);
    if (!ret) {
        return RR_GO_ON;
    }
    outcome = rr_replay_end(r, RR_EXIT_FAILURE);
    fprintf(stderr, "rr-replay: cannot enter the sandbox: %s; --sandbox=off "
            "replays without it\n", strerror(-ret));
    return outcome;
}

/* The vCPU leaves cpu_exec(), and gives up the BQL. */
static G_NORETURN void leave(CPUState *cpu, int exception)
{
    cpu->exception_index = exception;
    cpu->cflags_next_tb = -1;
    cpu_loop_exit(cpu);
}

bool rr_replay_boundary(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    uint64_t records = r->position.records, rip = r->host.env->eip;

    bql_lock();
    rr_replay_show_watchpoints(r); /* if an interrupt's delivery has faulted */
    if (rr_travel_stops_before(r)) {
        leave(cpu, EXCP_DEBUG);
    }
    /* The guest's last access may have ended the replay. */
    if (rr_replay_is_over(r) || enter_sandbox(r) != RR_GO_ON ||
        follow_log(r) != RR_GO_ON) {
        if (rr_replay_has_debugger(r)) {
            leave(cpu, EXCP_DEBUG);
        }
        cpu->halted = 1;
        leave(cpu, EXCP_HLT);
    }
    if (rr_travel_stops_after(r, records, rip)) {
        leave(cpu, EXCP_DEBUG);
    }
    rr_replay_show_progress(r, false);
    bql_unlock();
    return r->position.records != records;
}

/*
 * KVM reads the port for an INS before it finds that the guest's memory cannot
 * be written; what it has read is lost.  Of a REP INS it reads all at once, up
 * to the end of the page, but a segment may end before.
 */
static void drop_unwritten_input(struct rr_replay *r)
{
    const struct rrlog_record *rec;
    uint32_t port = r->position.ins_port - 1;

    if (!r->position.ins_port) {
        return;
    }
    r->position.ins_port = 0;
    if (rr_replay_apply_at_access(r) == RR_GO_ON &&
        rr_replay_head(r, &rec) == RR_GO_ON && rec &&
        rec->stamp == RRLOG_AT_ACCESS && rec->type == RRLOG_PIO_READ &&
        rec->pio_read.port == port &&
        rr_replay_check_output(r, rec) == RR_GO_ON) {
        rr_replay_pop(r);
    }
}

/* Is the next record's landmark here, where an exception is to be delivered? */
static bool is_due_before_exception(struct rr_replay *r,
                                    const struct rrlog_record **head)
{
    struct rr_landmark found;

    if (rr_replay_is_over(r) || rr_replay_head(r, head) != RR_GO_ON ||
        !*head || (*head)->stamp != RRLOG_AT_LANDMARK ||
        (*head)->landmark.branches != rr_replay_branches(r)) {
        return false;
    }
    find_landmark(r, &found);
    return rr_landmark_first_difference(&found, &(*head)->landmark,
                                        r->config.ignored_rflags) ==
           RR_REG_COUNT && !is_in_other_call(r, *head);
}

/*
 * KVM may leave the guest with an exception raised and not delivered, after
 * RDMSR, or single-stepped I/O.  Such a landmark has the registers from before
 * the delivery, and belongs behind the access.  (Had it been before the
 * instruction, it would have been found there.)
 */
bool rr_replay_exception(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *head;
    bool is_dropped = false;

    g_assert(bql_locked());
    drop_unwritten_input(r);
    while (!is_dropped && is_due_before_exception(r, &head)) {
        bool is_end = head->type == RRLOG_END;

        /* A reset drops the exception, too. */
        is_dropped = is_end || head->type == RRLOG_CPU_STATE;
        rr_replay_set_goal(r, is_end ? RR_GOAL_AT_END : RR_GOAL_APPLY);
        if (land(r, is_end ? RR_HEAD_END : RR_HEAD_LANDMARK) != RR_GO_ON) {
            is_dropped = true;
        }
        rr_replay_stop_here(r);
    }
    return is_dropped;
}

G_NORETURN void rr_replay_halt(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();

    r->position.halted = true;
    rr_replay_stop_here(r);
    cpu->exception_index = -1;
    cpu_loop_exit_noexc(cpu);
}

void rr_replay_shut_down(struct rr_replay *r)
{
    if (!rr_replay_is_over(r)) {
        r->position.shut_down = true;
        rr_replay_stop_here(r);
    }
}
