/*
 * What KVM recorded without an exit: the ring that it shares with user space
 * (KVM_CAP_X86_RECORD; kernel-patch/README.md).
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
        return false;
    }
}

static void fail_unknown(struct rr_vcpu *v, uint32_t insn)
{
    rr_recorder_fail(v->recorder, "KVM recorded an instruction %u that this "
                     "recorder does not know", insn);
}

bool rr_log_insn_exit(struct rr_vcpu *v, struct kvm_run *run)
{
    const struct kvm_x86_record *x = kvm_x86_record_of(run);
    struct rrlog_result result;

    if (x->insn == KVM_X86_RECORD_RING_FULL) {
        return false;
    }
    if (fill_result(&result, x->insn, x->size, x->flags, x->index, x->value)) {
        rr_log_results(v->recorder, &result, 1);
    } else {
        fail_unknown(v, x->insn);
    }
    return true;
}

static const struct kvm_x86_record_slot *ring_slot(const struct rr_vcpu *v,
                                                   uint32_t at)
{
    return &v->ring[at & (RR_RING_SLOTS - 1)];
}

/* The position that follows the slot @at.  False: the recording has failed. */
static bool read_position(struct rr_vcpu *v, uint32_t at,
                          struct rr_landmark *lm)
{
    struct kvm_x86_record_position position;
    struct kvm_x86_record_slot *to = (void *)&position;

    QEMU_BUILD_BUG_ON(sizeof(position) !=
                      (KVM_X86_RECORD_STEP_SLOTS - 1) * sizeof(*to));
    for (uint32_t i = 1; i < KVM_X86_RECORD_STEP_SLOTS; i++) {
        *to++ = *ring_slot(v, at + i);
    }
    if (!(position.flags & KVM_X86_RECORD_BRANCHES_VALID) &&
        v->recorder->life == RR_LIFE_RECORDING) {
        rr_recorder_fail(v->recorder, "the branch counter: another user took "
                         "the PMU away");
        return false;
    }
    lm->branches = position.branches - v->first_branches;
    rr_landmark_from_kvm(lm, &position.regs);
    return true;
}

static bool has_position(const struct kvm_x86_record_slot *slot)
{
    return slot->insn == KVM_X86_RECORD_CLOCK_STEP ||
           slot->insn == KVM_X86_RECORD_TLB_FLUSH ||
           slot->insn == KVM_X86_RECORD_PTE_BITS;
}

/* A step of the epoch clock, a flush of the TLB, or bits of a page table. */
static void log_with_position(struct rr_vcpu *v, uint32_t at)
{
    const struct kvm_x86_record_slot *slot = ring_slot(v, at);
    struct rrlog_record rec = { .type = RRLOG_TLB_FLUSH };
    struct rr_landmark lm;

    if (slot->insn == KVM_X86_RECORD_CLOCK_STEP) {
        rec.type = RRLOG_CLOCK;
        rec.clock.value = slot->value;
        v->clock = slot->value;
        v->has_clock = true;
    } else if (slot->insn == KVM_X86_RECORD_PTE_BITS) {
        rec.type = RRLOG_PTE_BITS;
        rec.pte_bits.gpa = slot->value;
        rec.pte_bits.bits = slot->index;
    }
    if (read_position(v, at, &lm)) {
        rr_log_at_landmark(v->recorder, &rec, &lm);
    }
}

/* Log the entries from slot @at to @head, the results among them in batches. */
static void log_entries(struct rr_vcpu *v, uint32_t at, uint32_t head)
{
    struct rrlog_result result[MAX_RESULTS];
    size_t count = 0;

    while (at != head) {
        const struct kvm_x86_record_slot *slot = ring_slot(v, at);
        bool alone = has_position(slot);

        if (count && (alone || count == MAX_RESULTS)) {
            rr_log_results(v->recorder, result, count);
            count = 0;
        }
        if (alone) {
            log_with_position(v, at);
        } else if (fill_result(&result[count], slot->insn, slot->size,
                               slot->flags, slot->index, slot->value)) {
            count++;
        } else {
            fail_unknown(v, slot->insn);
        }
        at += slot->slots;
    }
    if (count) {
        rr_log_results(v->recorder, result, count);
    }
}

/*
 * Pairs with smp_load_acquire(tail) in kvm_record_ring_has(): KVM writes the
 * slots before @tail again only after they were read.
 */
static void set_tail(struct rr_vcpu *v, uint32_t tail)
{
    qatomic_store_release(&v->shared->tail, tail);
}

void rr_ring_drain_at(struct rr_vcpu *v, const struct rr_landmark *lm)
{
    struct rr_landmark at;

    if (v->recorder->config.clock == RR_CLOCK_EXIT) {
        return;
    }
    while (v->shared->tail != qatomic_load_acquire(&v->shared->head)) {
        uint32_t tail = v->shared->tail;
        const struct kvm_x86_record_slot *slot = ring_slot(v, tail);

        if (!has_position(slot) ||
            slot->insn == KVM_X86_RECORD_CLOCK_STEP ||
            !read_position(v, tail, &at) || at.branches != lm->branches ||
            rr_landmark_first_difference(&at, lm, 0) != RR_REG_COUNT) {
            return;
        }
        log_with_position(v, tail);
        set_tail(v, tail + slot->slots);
    }
}

void rr_ring_drain(struct rr_vcpu *v)
{
    struct kvm_x86_record_shared *shared = v->shared;
    uint32_t head;

    if (v->recorder->config.clock == RR_CLOCK_EXIT) {
        return;
    }
    if (shared->flags & KVM_X86_RECORD_FLUSH_LOST &&
        v->recorder->life == RR_LIFE_RECORDING) {
        rr_recorder_fail(v->recorder, "KVM has flushed the guest's TLB, or "
                         "set bits of its page tables, so often that the ring "
                         "had no room for it");
    }
    /*
     * Pairs with smp_store_release(head) in kvm_record_ring_put(): the slots
     * below head are written.
     */
    head = qatomic_load_acquire(&shared->head);
    if (shared->tail == head) {
        return;
    }
    log_entries(v, shared->tail, head);
    set_tail(v, head);
}
