/*
 * Interrupts, NMIs and the task priority from QEMU's devices.
 *
 * An event takes effect at the boundary at which QEMU hands it to KVM, but KVM
 * may return without having delivered it.  So its record waits until it is
 * delivered, with the landmark of that boundary.
 *
 * KVM takes an NMI at any time, and delivers it at a boundary that nobody sees
 * (after IRET).  So the recorder keeps one that the guest cannot take, looks
 * again soon, and hands it to KVM where the guest takes it at once.  A
 * processor keeps one, too (SDM volume 3, 7.7.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "system/reset.h"
#include "kernel-patch/include/kvm_x86_record.h"

/* How soon to look again whether the guest can take an NMI. */
#define NMI_LOOK_NS (100 * SCALE_US)

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
    const struct rr_landmark *lm;

    if (v->recorder->life != RR_LIFE_RECORDING) {
        return;
    }
    lm = rr_landmark_now(v);
    rr_log_loop(v);
    v->pending = (struct rr_pending) {
        .active = true,
        .type = type,
        .vector = vector,
        .landmark = *lm,
    };
    rr_kvm_cap_flush_tlb(v);
}

void rr_record_interrupt(CPUState *cpu, int vector)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    g_assert(bql_locked() && rr_vcpu_is_at_boundary(v->state));
    set_pending(v, RRLOG_INTERRUPT, vector);
}

/* Would the guest take an NMI before its next instruction? */
static bool may_take_nmi(struct rr_vcpu *v)
{
    struct kvm_vcpu_events ev;

    if (v->pending.active || kvm_vcpu_ioctl(v->cpu, KVM_GET_VCPU_EVENTS,
                                            &ev) < 0) {
        return false;
    }
    return !ev.nmi.masked && !ev.nmi.injected && !ev.nmi.pending &&
           !ev.interrupt.shadow && !ev.interrupt.injected &&
           !ev.exception.injected && !ev.exception.pending;
}

bool rr_record_nmi(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    g_assert(bql_locked() && rr_vcpu_is_at_boundary(v->state));
    if (!may_take_nmi(v)) {
        v->nmi_held = true;
        qatomic_set(&cpu->kvm_run->immediate_exit, 1);
        return false;
    }
    set_pending(v, RRLOG_NMI, 0);
    return true;
}

bool rr_record_may_interrupt(CPUState *cpu)
{
    /* KVM would deliver the interrupt first, and the NMI behind it. */
    return !rr_vcpu_of(cpu)->pending.active;
}

void rr_nmi_release(struct rr_vcpu *v)
{
    g_assert(rr_vcpu_is_at_boundary(v->state));
    if (may_take_nmi(v)) {
        v->nmi_held = false;
        v->cpu->interrupt_request |= CPU_INTERRUPT_NMI;
    } else {
        rr_timer_call_out(&v->recorder->timer, NMI_LOOK_NS);
    }
}

void rr_pending_moved(struct rr_vcpu *v)
{
    const CPUX86State *env = cpu_env(v->cpu);

    if (!v->pending.active) {
        return;
    }
    v->pending.active = v->pending.type == RRLOG_NMI
                        ? env->nmi_injected || env->nmi_pending
                        : env->interrupt_injected >= 0;
    v->pending.landmark = v->landmark;
}

static void drop_nmi(void *opaque)
{
    struct rr_vcpu *v = opaque;

    v->nmi_held = false;
}

void rr_events_init(struct rr_vcpu *v)
{
    qemu_register_reset(drop_nmi, v);
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
