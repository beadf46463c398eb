/*
 * What KVM carried out without us: the page and the ring that it shares with
 * user space (KVM_CAP_X86_RECORD; kernel-patch/README.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"

#define ANSWERS 32 /* that are appended together */

/* False: no such instruction. */
static bool fill_answer(struct rrlog_result *a, uint32_t insn, uint32_t size,
                        uint32_t flags, uint32_t index, uint64_t value)
{
    a->field[0] = value;
    a->field[1] = index;
    a->field[2] = flags;
    switch (insn) {
    case KVM_X86_RECORD_RDTSC:
        a->type = RRLOG_RDTSC;
        a->field[1] = flags;
        return true;
    case KVM_X86_RECORD_RDTSCP:
        a->type = RRLOG_RDTSCP;
        return true;
    case KVM_X86_RECORD_RDPMC:
        a->type = RRLOG_RDPMC;
        return true;
    case KVM_X86_RECORD_RDRAND:
    case KVM_X86_RECORD_RDSEED:
        a->type = insn == KVM_X86_RECORD_RDRAND ? RRLOG_RDRAND : RRLOG_RDSEED;
        a->field[1] = size;
        return true;
    case KVM_X86_RECORD_RDMSR_TSC:
        a->type = RRLOG_RDMSR;
        a->field[1] = MSR_IA32_TSC;
        a->field[2] = 0; /* no fault */
        return true;
    default:
        rr_record_fail("KVM recorded an instruction %u that this recorder does "
                       "not know", insn);
        return false;
    }
}

static void append_answers(const struct rrlog_result *answers, size_t count)
{
    if (rr_recorder.started && count) {
        rr_record_check(rrlog_writer_append_results(
            rr_recorder.writer, rr_recorder.output_bytes, answers, count));
    }
}

bool rr_record_insn_exit(struct kvm_run *run)
{
    const struct kvm_x86_record *x = kvm_x86_record_of(run);
    struct rrlog_result answer;

    if (x->insn == KVM_X86_RECORD_RING_FULL) {
        return false;
    }
    if (fill_answer(&answer, x->insn, x->size, x->flags, x->index, x->value)) {
        append_answers(&answer, 1);
    }
    return true;
}

static void append_step(uint32_t at)
{
    const struct kvm_x86_record_slot *ring = rr_recorder.ring;
    struct rrlog_record rec = {
        .type = RRLOG_CLOCK,
        .stamp = RRLOG_AT_LANDMARK,
        .field = { ring[at & (RR_RING_SLOTS - 1)].value },
    };
    struct kvm_x86_record_place place;
    struct kvm_x86_record_slot *to = (void *)&place;

    QEMU_BUILD_BUG_ON(sizeof(place) !=
                      (KVM_X86_RECORD_STEP_SLOTS - 1) * sizeof(*to));
    for (uint32_t i = 1; i < KVM_X86_RECORD_STEP_SLOTS; i++) {
        *to++ = ring[(at + i) & (RR_RING_SLOTS - 1)];
    }
    if (!(place.flags & KVM_X86_RECORD_BRANCHES_VALID)) {
        rr_record_fail("the branch counter: another user took the PMU away");
        return;
    }
    rec.landmark.branches = place.branches;
    rr_record_landmark_from_kvm(&rec.landmark, &place.regs);
    rr_record_append(&rec);
}

/* Between KVM_RUN and the handling of its exit: what the guest did before it. */
void rr_record_ring_drain(void)
{
    RRRecorder *s = &rr_recorder;
    struct kvm_x86_record_shared *shared = s->shared;
    struct rrlog_result answer[ANSWERS];
    uint32_t at, head, count = 0;

    if (s->clock == RR_CLOCK_EXIT) {
        return;
    }
    if (shared->flags & KVM_X86_RECORD_CLOCK_SLIPPED) {
        rr_record_fail("the epoch clock slipped: an entry of the guest took "
                       "longer than KVM could foresee");
    }
    head = qatomic_load_acquire(&shared->head);
    if (shared->tail == head) {
        return;
    }
    for (at = shared->tail; at != head;) {
        const struct kvm_x86_record_slot *slot = &s->ring[at & (RR_RING_SLOTS - 1)];
        bool step = slot->insn == KVM_X86_RECORD_CLOCK_STEP;

        if (step || count == ANSWERS) {
            append_answers(answer, count);
            count = 0;
        }
        if (step) {
            append_step(at);
        } else {
            count += fill_answer(&answer[count], slot->insn, slot->size,
                                 slot->flags, slot->index, slot->value);
        }
        at += slot->slots;
    }
    append_answers(answer, count);
    qatomic_store_release(&shared->tail, head);
}
