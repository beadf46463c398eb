/*
 * What KVM carried out without us: the page and the ring that it shares with
 * user space (KVM_CAP_X86_RECORD; kernel-patch/README.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"

/* Results that are appended together. */
#define MAX_RESULTS 32

/* The result of an instruction.  False: the recorder does not know @insn. */
static bool fill_result(struct rrlog_result *res, uint32_t insn, uint32_t size,
                        uint32_t flags, uint32_t index, uint64_t value)
{
    switch (insn) {
    case KVM_X86_RECORD_RDTSC:
        res->type = RRLOG_RDTSC;
        res->rdtsc = (struct rrlog_rdtsc_fields) {
            .value = value, .flags = flags,
        };
        return true;
    case KVM_X86_RECORD_RDTSCP:
        res->type = RRLOG_RDTSCP;
        res->rdtscp = (struct rrlog_rdtscp_fields) {
            .value = value, .aux = index, .flags = flags,
        };
        return true;
    case KVM_X86_RECORD_RDPMC:
        res->type = RRLOG_RDPMC;
        res->rdpmc = (struct rrlog_rdpmc_fields) {
            .value = value, .index = index, .flags = flags,
        };
        return true;
    case KVM_X86_RECORD_RDRAND:
        res->type = RRLOG_RDRAND;
        res->rdrand = (struct rrlog_rdrand_fields) {
            .value = value, .size = size, .flags = flags,
        };
        return true;
    case KVM_X86_RECORD_RDSEED:
        res->type = RRLOG_RDSEED;
        res->rdseed = (struct rrlog_rdseed_fields) {
            .value = value, .size = size, .flags = flags,
        };
        return true;
    case KVM_X86_RECORD_RDMSR_TSC:
        res->type = RRLOG_RDMSR;
        res->rdmsr = (struct rrlog_rdmsr_fields) {
            .value = value, .index = MSR_IA32_TSC, .fault = 0,
        };
        return true;
    default:
        rr_record_fail("KVM recorded an instruction %u that this recorder does "
                       "not know", insn);
        return false;
    }
}

static void append_results(const struct rrlog_result *results, size_t count)
{
    if (rr_recorder.started && count) {
        rr_record_check(rrlog_writer_append_results(
            rr_recorder.writer, rr_recorder.output_bytes, results, count));
    }
}

bool rr_record_insn_exit(struct kvm_run *run)
{
    const struct kvm_x86_record *x = kvm_x86_record_of(run);
    struct rrlog_result result;

    if (x->insn == KVM_X86_RECORD_RING_FULL) {
        return false;
    }
    if (fill_result(&result, x->insn, x->size, x->flags, x->index, x->value)) {
        append_results(&result, 1);
    }
    return true;
}

static void append_step(uint32_t at)
{
    const struct kvm_x86_record_slot *ring = rr_recorder.ring;
    struct rrlog_record rec = {
        .type = RRLOG_CLOCK,
        .stamp = RRLOG_AT_LANDMARK,
        .clock = { .value = ring[at & (RR_RING_SLOTS - 1)].value },
    };
    struct kvm_x86_record_position position;
    struct kvm_x86_record_slot *to = (void *)&position;

    QEMU_BUILD_BUG_ON(sizeof(position) !=
                      (KVM_X86_RECORD_STEP_SLOTS - 1) * sizeof(*to));
    for (uint32_t i = 1; i < KVM_X86_RECORD_STEP_SLOTS; i++) {
        *to++ = ring[(at + i) & (RR_RING_SLOTS - 1)];
    }
    if (!(position.flags & KVM_X86_RECORD_BRANCHES_VALID)) {
        rr_record_fail("the branch counter: another user took the PMU away");
        return;
    }
    rec.landmark.branches = position.branches;
    rr_record_landmark_from_kvm(&rec.landmark, &position.regs);
    rr_record_append(&rec);
}

/* Between KVM_RUN and the handling of its exit: what the guest did before it. */
void rr_record_ring_drain(void)
{
    RRRecorder *s = &rr_recorder;
    struct kvm_x86_record_shared *shared = s->shared;
    struct rrlog_result result[MAX_RESULTS];
    uint32_t at, head, count = 0;

    if (s->config.clock == RR_CLOCK_EXIT) {
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

        if (step || count == MAX_RESULTS) {
            append_results(result, count);
            count = 0;
        }
        if (step) {
            append_step(at);
        } else {
            count += fill_result(&result[count], slot->insn, slot->size,
                                 slot->flags, slot->index, slot->value);
        }
        at += slot->slots;
    }
    append_results(result, count);
    qatomic_store_release(&shared->tail, head);
}
