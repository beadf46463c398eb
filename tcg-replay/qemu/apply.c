/*
 * Records, applied to the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/trace.h"
#include "common/core/pdptes.h"
#include "exec/cputlb.h"
#include "tcg/helper-tcg.h"

/* The environment causes these, at access too. */
static bool is_from_environment(const struct rrlog_record *rec)
{
    switch (rec->type) {
    case RRLOG_DMA:
    case RRLOG_SLOT:
    case RRLOG_CR8:
    case RRLOG_CPU_STATE:
    case RRLOG_START:
    case RRLOG_RAM_DIGEST:
        return true;
    default:
        return false;
    }
}

static void flush_tlb(struct rr_replay *r)
{
    struct rr_tlb *tlb = rr_tlb_of(r->host.env);

    if (tlb && !rr_tlb_is_empty(tlb)) {
        rr_replay_note_adbits(r);
        rr_tlb_flush(tlb);
        tlb_flush(r->host.cpu);
    }
}

/*
 * The recorder flushes the guest's TLB at the records that have landmarks,
 * before what they do, but not at those of KVM's clock.
 */
static bool is_flush(const struct rrlog_record *rec)
{
    return rec->stamp == RRLOG_AT_LANDMARK && rec->type != RRLOG_CLOCK;
}

static enum rr_outcome apply_cpu_state(struct rr_replay *r,
                                       const struct rrlog_record *rec)
{
    if (!rr_cpu_state_put(r->host.env, rec->data, rec->data_bytes)) {
        return rr_replay_diverged(r, "CPU state of an unknown layout (%zu "
                                  "bytes)", rec->data_bytes);
    }
    /* Memory has them, unless the guest changed them since it loaded them. */
    rr_pdptes_load(r->host.env, 3, r->host.env->cr[3]);
    r->position.halted = rec->cpu_state.halted & 1;
    flush_tlb(r);
    return RR_GO_ON;
}

/* The recording began while the guest ran: what else it had. */
static enum rr_outcome apply_start(struct rr_replay *r,
                                   const struct rrlog_start_fields *start)
{
    CPUX86State *env = r->host.env;

    env->fpop = start->fop;
    env->fpip = start->fip;
    env->fpdp = start->fdp;
    env->xinuse = start->xinuse;
    r->position.apic_base = start->apic_base;
    return RR_GO_ON;
}

static enum rr_outcome apply_end(struct rr_replay *r,
                                 const struct rrlog_record *rec)
{
    RRCPUState *state = &r->position.end_state;

    if (rec->data_bytes % sizeof(uint64_t) ||
        rec->data_bytes > sizeof(state->value)) {
        return rr_replay_diverged(r, "end record of %zu bytes",
                                  rec->data_bytes);
    }
    state->count = rec->data_bytes / sizeof(uint64_t);
    memcpy(state->value, rec->data, rec->data_bytes);
    return RR_GO_ON;
}

/* What is done to the guest but interrupts. */
static enum rr_outcome apply(struct rr_replay *r,
                             const struct rrlog_record *rec)
{
    struct rr_position *pos = &r->position;

    switch (rec->type) {
    case RRLOG_DMA:
        return rr_replay_apply_dma(r, rec);
    case RRLOG_SLOT:
        return rr_replay_apply_slot(r, rec);
    case RRLOG_CR8:
        pos->cr8 = rec->cr8.value & 0xf;
        return RR_GO_ON;
    case RRLOG_CPU_STATE:
        return apply_cpu_state(r, rec);
    case RRLOG_START:
        return apply_start(r, &rec->start);
    case RRLOG_CLOCK:
        pos->clock = rec->clock.value;
        pos->clock_is_set = true;
        return RR_GO_ON;
    case RRLOG_PTE_BITS:
        return rr_replay_apply_pte_bits(r, rec);
    case RRLOG_TLB_FLUSH:
        return RR_GO_ON; /* done: is_flush() */
    case RRLOG_WORDS:
        return RR_GO_ON; /* compared: this is the place */
    case RRLOG_RAM_DIGEST:
        return rr_replay_check_digest(r, rec);
    case RRLOG_END:
        return apply_end(r, rec);
    default:
        return rr_replay_diverged(r, "a record of type %u cannot stand between "
                                  "two instructions", rec->type);
    }
}

/*
 * RF is in the EFLAGS that an interrupt pushes.  A processor has it set after
 * exits that the replay does not see, such as EPT violations (SDM vol. 3,
 * 28.3.3), so it is taken from the landmark.  Traces whose landmarks lack it
 * were made in the lab, with a TCG whose interrupts pushed it set.
 */
static void take_rf(struct rr_replay *r, const struct rrlog_record *rec)
{
    CPUX86State *env = r->host.env;
    uint64_t rf = RR_RFLAGS_RF;

    if (r->config.landmarks_have_rf && rec->stamp == RRLOG_AT_LANDMARK) {
        rf &= rec->landmark.regs[RR_REG_RFLAGS];
    }
    env->eflags = (env->eflags & ~(target_ulong)RR_RFLAGS_RF) | rf;
}

/* What an interrupt pushes: SS, SP, flags, CS and IP. */
#define PUSHED_WORDS 5

/* The pushes have written what @wp watches.  It stops before the handler. */
static void note_watched_push(CPUState *cpu, CPUX86State *env)
{
    vaddr first = env->segs[R_SS].base + env->regs[R_ESP];
    vaddr bytes = PUSHED_WORDS * (env->hflags & HF_LMA_MASK ? 8 : 4);
    CPUWatchpoint *wp;

    QTAILQ_FOREACH(wp, &cpu->watchpoints, entry) {
        if (wp->flags & BP_MEM_WRITE && wp->vaddr < first + bytes &&
            first < wp->vaddr + wp->len) {
            wp->flags |= BP_WATCHPOINT_HIT_WRITE;
            wp->hitaddr = wp->vaddr;
            cpu->watchpoint_hit = wp;
            cpu_interrupt(cpu, CPU_INTERRUPT_DEBUG);
            return;
        }
    }
}

/* Of CPUWatchpoint.flags: BP_MEM_READ and BP_MEM_WRITE, while hidden. */
#define HIDDEN_SHIFT 16

static void hide_watchpoints(struct rr_replay *r)
{
    CPUWatchpoint *wp;

    QTAILQ_FOREACH(wp, &r->host.cpu->watchpoints, entry) {
        wp->flags |= (wp->flags & BP_MEM_ACCESS) << HIDDEN_SHIFT;
        wp->flags &= ~BP_MEM_ACCESS;
    }
}

void rr_replay_show_watchpoints(struct rr_replay *r)
{
    CPUWatchpoint *wp;

    QTAILQ_FOREACH(wp, &r->host.cpu->watchpoints, entry) {
        wp->flags |= wp->flags >> HIDDEN_SHIFT & BP_MEM_ACCESS;
        wp->flags &= ~(BP_MEM_ACCESS << HIDDEN_SHIFT);
    }
}

/*
 * QEMU leaves by longjmp before a write that is watched, and executes the
 * instruction again; here there is none, and the interrupt would be lost.  So
 * it is delivered without watchpoints.
 */
static void deliver_unwatched(struct rr_replay *r, int vector)
{
    CPUX86State *env = r->host.env;

    hide_watchpoints(r);
    do_interrupt_x86_hardirq(env, vector, 1);
    rr_replay_show_watchpoints(r);
    note_watched_push(r->host.cpu, env);
}

/*
 * The record is taken from the log before the interrupt is delivered, which
 * may fault and leave by longjmp.
 */
static void deliver(struct rr_replay *r, const struct rrlog_record *rec,
                    int vector)
{
    CPUX86State *env = r->host.env;

    take_rf(r, rec);
    rr_replay_pop(r);
    r->position.halted = false;
    if (vector == EXCP02_NMI) {
        env->hflags2 |= HF2_NMI_MASK;
    }
    deliver_unwatched(r, vector);
}

/*
 * In a loop without a conditional branch the guest comes to a landmark again
 * and again, for the first time perhaps behind STI.  The recording was in a
 * later iteration, whose memory the log had just before: there is no shadow.
 */
static void leave_shadow_of_loop(struct rr_replay *r,
                                 const struct rrlog_record *rec)
{
    if (!memcmp(&r->position.last_dma, &rec->landmark,
                sizeof(rec->landmark))) {
        r->host.env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    }
}

static enum rr_outcome apply_interrupt(struct rr_replay *r,
                                       const struct rrlog_record *rec)
{
    const CPUX86State *env = r->host.env;
    int vector = rec->interrupt.vector & 0xff;

    leave_shadow_of_loop(r, rec);
    if (!(env->eflags & IF_MASK) || (env->hflags & HF_INHIBIT_IRQ_MASK)) {
        return rr_replay_diverged(r, "interrupt 0x%x where the guest does not "
                                  "take interrupts", vector);
    }
    deliver(r, rec, vector);
    return RR_GO_ON;
}

static void trace_landing(const struct rr_replay *r,
                          const struct rrlog_record *rec)
{
    const struct rrlog_type_info *info;

    if (rec->stamp != RRLOG_AT_LANDMARK ||
        !trace_event_get_state_backends(TRACE_RR_REPLAY_LANDING)) {
        return;
    }
    info = rrlog_type_info(rec->type);
    trace_rr_replay_landing(r->position.records, info ? info->name : "?",
                            rec->landmark.branches,
                            rec->landmark.regs[RR_REG_RIP],
                            r->position.steps);
}

/* Does @next change the guest where @rec, which was taken last, did? */
static bool is_at_same_place(const struct rrlog_record *next,
                             const struct rrlog_record *rec)
{
    return next->stamp == rec->stamp &&
           next->output_bytes == rec->output_bytes &&
           !memcmp(&next->landmark, &rec->landmark, sizeof(rec->landmark));
}

/*
 * Changing the memory map takes long, so slots that change at the same place do
 * it together.
 */
static enum rr_outcome show_slots_at_last(struct rr_replay *r,
                                          const struct rrlog_record *rec)
{
    const struct rrlog_record *next;
    enum rr_outcome outcome = rr_replay_head(r, &next);

    if (outcome == RR_GO_ON &&
        !(next && next->type == RRLOG_SLOT && is_at_same_place(next, rec))) {
        rr_replay_show_slots(r);
    }
    return outcome;
}

/* SDM volume 3, table 10-1. */
static bool is_at_reset_vector(const CPUX86State *env)
{
    return env->eip == 0xfff0 && env->segs[R_CS].base == 0xffff0000;
}

/* Apply the next record, and take it. */
static enum rr_outcome apply_and_take(struct rr_replay *r)
{
    const struct rrlog_record rec = *rr_replay_peek(r);
    enum rr_outcome outcome = apply(r, &rec);

    if (outcome != RR_GO_ON) {
        return outcome;
    }
    rr_replay_pop(r);
    if (rec.type == RRLOG_CPU_STATE) {
        r->position.shut_down = false;
        if (is_at_reset_vector(r->host.env)) {
            rr_replay_screen_reset(r);
        }
    }
    return rec.type == RRLOG_SLOT ? show_slots_at_last(r, &rec) : RR_GO_ON;
}

enum rr_outcome rr_replay_apply_head(struct rr_replay *r)
{
    const struct rrlog_record *rec = rr_replay_peek(r);

    g_assert(bql_locked());
    trace_landing(r, rec);
    if (is_flush(rec)) {
        flush_tlb(r);
    }
    switch (rec->type) {
    case RRLOG_INTERRUPT:
        return apply_interrupt(r, rec);
    case RRLOG_NMI:
        deliver(r, rec, EXCP02_NMI);
        return RR_GO_ON;
    default:
        return apply_and_take(r);
    }
}

enum rr_outcome rr_replay_check_output(struct rr_replay *r,
                                       const struct rrlog_record *rec)
{
    uint64_t found_bytes = r->position.output_bytes;
    uint32_t found_hash = (uint32_t)r->position.output_hash;

    if (rec->output_bytes != found_bytes) {
        return rr_replay_diverged(r, "guest output differs: expected %" PRIu64
                                  " bytes, found %" PRIu64, rec->output_bytes,
                                  found_bytes);
    }
    if (rec->stamp == RRLOG_AT_LANDMARK && rec->output_hash != found_hash) {
        return rr_replay_diverged(r, "guest output differs: %" PRIu64
                                  " bytes, expected with hash %08x, found "
                                  "with %08x", rec->output_bytes,
                                  rec->output_hash, found_hash);
    }
    return RR_GO_ON;
}

enum rr_outcome rr_replay_apply_at_access(struct rr_replay *r)
{
    for (;;) {
        const struct rrlog_record *rec;
        enum rr_outcome outcome = rr_replay_head(r, &rec);

        if (outcome != RR_GO_ON) {
            return outcome;
        }
        if (!rec || rec->stamp != RRLOG_AT_ACCESS ||
            !is_from_environment(rec) ||
            rec->output_bytes > r->position.output_bytes) {
            return RR_GO_ON;
        }
        outcome = rr_replay_check_output(r, rec);
        if (outcome == RR_GO_ON) {
            outcome = rr_replay_apply_head(r);
        }
        if (outcome != RR_GO_ON) {
            return outcome;
        }
    }
}

const struct rrlog_record *rr_replay_expect(struct rr_replay *r,
                                            enum rrlog_type type,
                                            const char *what)
{
    const struct rrlog_record *rec;

    if (rr_replay_is_over(r) || rr_replay_apply_at_access(r) != RR_GO_ON ||
        rr_replay_head(r, &rec) != RR_GO_ON) {
        return NULL;
    }
    if (!rec) {
        rr_replay_end_of_log(r);
        return NULL;
    }
    if (rec->stamp != RRLOG_AT_ACCESS || rec->type != type) {
        rr_replay_diverged(r, "the guest did %s, which the log does not have "
                           "here", what);
        return NULL;
    }
    /* KVM reads many items of REP INS before it writes the first of them. */
    if (r->position.consumed_bytes) {
        return rec;
    }
    return rr_replay_check_output(r, rec) == RR_GO_ON ? rec : NULL;
}
