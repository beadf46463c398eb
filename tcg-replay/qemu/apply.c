/*
 * Records applied to the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg/helper-tcg.h"

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
void rr_replay_apply_head(void)
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

bool rr_replay_check_output(const struct rrlog_record *rec)
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
        if (!rr_replay_check_output(rec)) {
            return;
        }
        rr_replay_apply_head();
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
    return rr_replay_check_output(rec) ? rec : NULL;
}
