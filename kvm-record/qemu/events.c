/*
 * Interrupts, NMIs and the task priority from QEMU's devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>

static bool event_still_pending(CPUState *cpu)
{
    struct kvm_vcpu_events ev;
    int ret = kvm_vcpu_ioctl(cpu, KVM_GET_VCPU_EVENTS, &ev);

    if (ret < 0) {
        rr_record_fail("KVM_GET_VCPU_EVENTS: %s", strerror(-ret));
        return false;
    }
    return rr_recorder.pending.type == RRLOG_NMI
           ? ev.nmi.injected || ev.nmi.pending
           : ev.interrupt.injected && !ev.interrupt.soft;
}

void rr_record_log_pending(CPUState *cpu, int run_ret)
{
    RRRecorder *s = &rr_recorder;
    struct rrlog_record rec = {
        .type = s->pending.type,
        .stamp = RRLOG_AT_LANDMARK,
        .landmark = s->pending.landmark,
    };

    if (run_ret == -EINTR && event_still_pending(cpu)) {
        return;
    }
    if (s->pending.type == RRLOG_INTERRUPT) {
        rec.interrupt.vector = s->pending.vector;
    }
    s->pending.active = false;
    rr_record_append(&rec);
}

static void set_pending(uint8_t type, int vector)
{
    RRRecorder *s = &rr_recorder;

    if (!s->started) {
        return;
    }
    s->pending = (RRPending) {
        .active = true,
        .type = type,
        .vector = vector,
        .landmark = *rr_record_landmark(),
    };
}

void rr_record_interrupt(CPUState *cpu, int vector)
{
    set_pending(RRLOG_INTERRUPT, vector);
}

void rr_record_nmi(CPUState *cpu)
{
    struct kvm_vcpu_events ev;

    if (kvm_vcpu_ioctl(cpu, KVM_GET_VCPU_EVENTS, &ev) < 0 || ev.nmi.masked ||
        ev.interrupt.shadow || rr_recorder.pending.active) {
        rr_record_fail("an NMI came while NMIs were blocked");
        return;
    }
    set_pending(RRLOG_NMI, 0);
}

void rr_record_cr8(CPUState *cpu, uint64_t old_cr8, uint64_t new_cr8)
{
    struct rrlog_record rec = {
        .type = RRLOG_CR8,
        .cr8 = { .value = new_cr8 },
    };

    if (old_cr8 != new_cr8) {
        rr_record_append(&rec);
    }
}
