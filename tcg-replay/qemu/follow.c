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
#include "exec/exec-all.h"
#include "exec/translation-block.h"
#include "qemu/main-loop.h"
#include "tcg/helper-tcg.h"
#include "tcg/rr-count.h"

/* Landmarks further ahead than this many records do not bound the budget. */
#define READ_AHEAD_RECORDS 65536
/* Instructions between two conditional branches: more is a lost guest. */
#define MAX_STEPS 50000000
/*
 * Branches to the next access where no landmark is in sight.  A guest that runs
 * that long takes timer interrupts, which are landmarks; else it is lost.
 */
#define MAX_BRANCHES_UNBOUNDED (INT64_C(1) << 34)

bool rr_replaying;
int rr_budget_env_offset;
RRReplay rr_replay;

uint64_t rr_replay_branches(void)
{
    return rr_cond_retired(rr_replay.env, 0);
}

/* Stop before the first instruction after @target branches. */
static void set_target(uint64_t target)
{
    CPUX86State *env = rr_replay.env;
    uint64_t now = rr_replay_branches();

    env->rr.cond_left[0] = (int64_t)(target - now) - 1;
    env->rr.cond_base[0] = now + env->rr.cond_left[0];
}

void rr_replay_stop_here(void)
{
    set_target(rr_replay_branches());
}

/* ---- the queue ---- */

static void free_record(struct rrlog_record *rec)
{
    g_free((void *)rec->data);
    g_free(rec);
}

/*
 * Test hook (x-corrupt-record): if the record has a landmark, one whose RBX the
 * guest never had; else a wrong answer for the guest, in the first record from
 * there on that has an answer.
 */
static void corrupt(struct rrlog_record *rec)
{
    if (rec->stamp == RRLOG_AT_LANDMARK &&
        rr_replay.records_read == rr_replay.corrupt_record) {
        rec->landmark.regs[RR_REG_RBX] ^= 0x40;
        rr_replay.corrupt_record = 0;
        return;
    }
    switch (rec->type) {
    case RRLOG_PIO_READ:
    case RRLOG_MMIO_READ:
        ((uint8_t *)rec->data)[rec->data_bytes - 1] ^= 0x40;
        break;
    case RRLOG_RDTSC:
    case RRLOG_RDTSCP:
    case RRLOG_CLOCK:
        rec->field[0] ^= 1ull << 40;
        break;
    default:
        return;
    }
    rr_replay.corrupt_record = 0;
}

static bool read_record(void)
{
    struct rrlog_record rec;
    int ret;

    if (rr_replay.at_eof) {
        return false;
    }
    ret = rrlog_reader_next(rr_replay.reader, &rec);
    if (ret < 0) {
        rr_replay.at_eof = true;
        rr_replay_read_failed(ret);
        return false;
    }
    if (ret == 0) {
        rr_replay.at_eof = true;
        return false;
    }
    rec.data = g_memdup2(rec.data, rec.data_bytes);
    if (++rr_replay.records_read >= rr_replay.corrupt_record &&
        rr_replay.corrupt_record) {
        corrupt(&rec);
    }
    rr_replay.queued_landmarks += rec.stamp == RRLOG_AT_LANDMARK;
    g_queue_push_tail(&rr_replay.queue, g_memdup2(&rec, sizeof(rec)));
    return true;
}

const struct rrlog_record *rr_replay_head(void)
{
    if (g_queue_is_empty(&rr_replay.queue)) {
        read_record();
    }
    return rr_replay.finished ? NULL : g_queue_peek_head(&rr_replay.queue);
}

void rr_replay_pop(void)
{
    struct rrlog_record *rec = g_queue_pop_head(&rr_replay.queue);

    rr_replay.records++;
    rr_replay.consumed = 0;
    if (rr_replay.unbounded) {
        rr_replay.unbounded = false;
        rr_replay_stop_here(); /* a landmark may be in sight now */
    }
    if (rec->stamp == RRLOG_AT_LANDMARK) {
        rr_replay.queued_landmarks--;
        rr_replay.landmarks++;
        rr_replay.steps = 0;
        rr_replay.near_miss_valid = false;
    }
    rr_replay_note_recent(rec);
    free_record(rec);
}

/* The next landmark in the log bounds how long the guest may run. */
static const struct rrlog_record *next_landmark(void)
{
    while (!rr_replay.queued_landmarks) {
        if (g_queue_get_length(&rr_replay.queue) >= READ_AHEAD_RECORDS ||
            !read_record()) {
            return NULL;
        }
    }
    for (GList *l = rr_replay.queue.head; l; l = l->next) {
        const struct rrlog_record *rec = l->data;

        if (rec->stamp == RRLOG_AT_LANDMARK) {
            return rec;
        }
    }
    return NULL;
}

/* ---- applying ---- */

static bool is_from_outside(const struct rrlog_record *rec)
{
    switch (rec->type) {
    case RRLOG_DMA:
    case RRLOG_SLOT:
    case RRLOG_CR8:
    case RRLOG_CPU_STATE:
    case RRLOG_RAM_DIGEST:
        return true;
    default:
        return false;
    }
}

static void apply_cpu_state(const struct rrlog_record *rec)
{
    CPUX86State *env = rr_replay.env;

    if (!rr_cpu_state_put(env, rec->data, rec->data_bytes)) {
        rr_replay_diverged("CPU state of an unknown layout (%zu bytes)",
                           rec->data_bytes);
        return;
    }
    rr_replay.halted = rec->field[0] & 1;
}

static void apply_end(const struct rrlog_record *rec)
{
    if (rec->data_bytes % sizeof(uint64_t) ||
        rec->data_bytes > sizeof(rr_replay.end_state.value)) {
        rr_replay_diverged("end record of %zu bytes", rec->data_bytes);
        return;
    }
    rr_replay.seen_end = true;
    rr_replay.end_state.count = rec->data_bytes / sizeof(uint64_t);
    memcpy(rr_replay.end_state.value, rec->data, rec->data_bytes);
}

/*
 * Take the record at the head and do what it says.  The record is gone before
 * the interrupt is delivered, which may fault and leave by longjmp.
 */
static void apply_head(void)
{
    const struct rrlog_record *rec = g_queue_peek_head(&rr_replay.queue);
    CPUX86State *env = rr_replay.env;
    int vector = -1;

    switch (rec->type) {
    case RRLOG_DMA:
        rr_replay_apply_dma(rec);
        break;
    case RRLOG_SLOT:
        rr_replay_apply_slot(rec);
        break;
    case RRLOG_CR8:
        rr_replay.cr8 = rec->field[0] & 0xf;
        break;
    case RRLOG_CPU_STATE:
        apply_cpu_state(rec);
        break;
    case RRLOG_CLOCK:
        rr_replay.clock = rec->field[0];
        rr_replay.clock_is_set = true;
        break;
    case RRLOG_RAM_DIGEST:
        rr_replay_check_digest(rec);
        break;
    case RRLOG_END:
        apply_end(rec);
        break;
    case RRLOG_INTERRUPT:
        vector = rec->field[0] & 0xff;
        if (!(env->eflags & IF_MASK) ||
            (env->hflags & HF_INHIBIT_IRQ_MASK)) {
            rr_replay_diverged("interrupt %#x where the guest does not take "
                               "interrupts", vector);
            return;
        }
        break;
    case RRLOG_NMI:
        vector = EXCP02_NMI;
        break;
    default:
        rr_replay_diverged("a record of type %u cannot stand between two "
                           "instructions", rec->type);
        return;
    }
    if (rr_replay.finished) {
        return;
    }
    rr_replay_pop();
    if (vector >= 0) {
        rr_replay.halted = false;
        if (vector == EXCP02_NMI) {
            env->hflags2 |= HF2_NMI_MASK;
        }
        do_interrupt_x86_hardirq(env, vector, 1);
    }
}

static bool check_output(const struct rrlog_record *rec)
{
    uint32_t hash = (uint32_t)rr_replay.output_hash;

    if (rec->output_bytes != rr_replay.output_bytes) {
        rr_replay_diverged("guest output differs: expected %" PRIu64 " bytes, "
                           "found %" PRIu64, rec->output_bytes,
                           rr_replay.output_bytes);
        return false;
    }
    if (rec->stamp == RRLOG_AT_LANDMARK && rec->output_hash != hash) {
        rr_replay_diverged("guest output differs: %" PRIu64 " bytes, expected "
                           "with hash %08x, found with %08x",
                           rec->output_bytes, rec->output_hash, hash);
        return false;
    }
    return true;
}

void rr_replay_outside_at_access(void)
{
    const struct rrlog_record *rec;

    while ((rec = rr_replay_head()) && rec->stamp == RRLOG_AT_ACCESS &&
           is_from_outside(rec) &&
           rec->output_bytes <= rr_replay.output_bytes) {
        if (!check_output(rec)) {
            return;
        }
        apply_head();
    }
}

const struct rrlog_record *rr_replay_expect(enum rrlog_type type,
                                            const char *what)
{
    const struct rrlog_record *rec;

    rr_replay_outside_at_access();
    rec = rr_replay_head();
    if (rr_replay.finished) {
        return NULL;
    }
    if (!rec) {
        rr_replay_end_of_log();
        return NULL;
    }
    if (rec->stamp != RRLOG_AT_ACCESS || rec->type != type) {
        rr_replay_diverged("the guest did %s, which the log does not have "
                           "here", what);
        return NULL;
    }
    return check_output(rec) ? rec : NULL;
}

/* ---- boundaries ---- */

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
        set_target(rec->landmark.branches);
        return false;
    }
    if (rr_landmark_first_difference(&now, &rec->landmark) == RR_REG_COUNT) {
        if (!check_output(rec)) {
            return false;
        }
        apply_head();
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
    set_target(rr_replay.unbounded_end);
}

/* The next record waits for an access of the guest: how long may it run? */
static void run_to_access(const struct rrlog_record *rec)
{
    const struct rrlog_record *bound = next_landmark();
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
        set_target(bound->landmark.branches);
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
            apply_head();
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
