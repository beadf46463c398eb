/*
 * Interrupts, NMIs and the task priority from QEMU's devices.
 *
 * An event takes effect at the boundary at which QEMU hands it to KVM, but KVM
 * may return without having delivered it.  So its record waits until it is
 * delivered, with the landmark of that boundary.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"

static bool is_still_pending(struct rr_vcpu *v)
{
    struct kvm_vcpu_events ev;
    int ret = kvm_vcpu_ioctl(v->cpu, KVM_GET_VCPU_EVENTS, &ev);

    if (ret < 0) {
        rr_recorder_fail(v->recorder, "KVM_GET_VCPU_EVENTS: %s",
                         strerror(-ret));
        return false;
    }
    return v->pending.type == RRLOG_NMI
           ? ev.nmi.injected || ev.nmi.pending
           : ev.interrupt.injected && !ev.interrupt.soft;
}

/* KVM may have left the guest before the event was delivered. */
static bool may_be_pending(const struct rr_vcpu *v, int run_ret)
{
    return run_ret == -EINTR ||
           (!run_ret && v->cpu->kvm_run->exit_reason == KVM_EXIT_X86_RECORD);
}

void rr_log_pending(struct rr_vcpu *v, int run_ret)
{
    struct rrlog_record rec = { .type = v->pending.type };

    if (!v->pending.active || (may_be_pending(v, run_ret) &&
                               is_still_pending(v))) {
        return;
    }
    if (v->pending.type == RRLOG_INTERRUPT) {
        rec.interrupt.vector = v->pending.vector;
    }
    v->pending.active = false;
    rr_log_at_landmark(v->recorder, &rec, &v->pending.landmark);
}

static void set_pending(struct rr_vcpu *v, uint8_t type, int vector)
{
    if (v->recorder->life != RR_LIFE_RECORDING) {
        return;
    }
    v->pending = (struct rr_pending) {
        .active = true,
        .type = type,
        .vector = vector,
        .landmark = *rr_landmark_now(v),
    };
    rr_kvm_cap_flush_tlb(v);
}

void rr_record_interrupt(CPUState *cpu, int vector)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    g_assert(bql_locked() && rr_vcpu_is_at_boundary(v->state));
    set_pending(v, RRLOG_INTERRUPT, vector);
}

void rr_record_nmi(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct kvm_vcpu_events ev;

    g_assert(bql_locked() && rr_vcpu_is_at_boundary(v->state));
    if (kvm_vcpu_ioctl(cpu, KVM_GET_VCPU_EVENTS, &ev) < 0 || ev.nmi.masked ||
        ev.interrupt.shadow || v->pending.active) {
        rr_recorder_fail(v->recorder, "an NMI came while NMIs were blocked");
        return;
    }
    set_pending(v, RRLOG_NMI, 0);
}

void rr_record_cr8(CPUState *cpu, uint64_t old_cr8, uint64_t new_cr8)
{
    struct rrlog_record rec = {
        .type = RRLOG_CR8,
        .cr8 = { .value = new_cr8 },
    };

    if (old_cr8 != new_cr8) {
        rr_log_here(rr_vcpu_of(cpu), &rec);
    }
}
