/*
 * To the next boundary: an instruction that the guest has begun is executed.
 *
 * A processor sets accessed and dirty bits in the guest's page tables before an
 * access faults in KVM's.  KVM handles the fault, and may leave the guest then,
 * before it executes the instruction again: memory has bits that no replay can
 * have at this place.  Where the recording goes on that is seen by nobody, but
 * at its end RAM is compared.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "qemu/timer.h"
#include "kvm-record/qemu/trace.h"

/* How long the guest may take, at first and at last. */
#define WAIT_NS (100 * SCALE_US)
#define MAX_WAIT_NS (1000 * SCALE_MS)

/* An interrupt would push the trap flag; and the guest's own would be lost. */
static bool may_step(const struct rr_vcpu *v)
{
    const struct kvm_run *run = v->cpu->kvm_run;

    return v->regs == RR_REGS_IN_RUN && !v->cpu->vcpu_dirty &&
           !v->pending.active && rr_vcpu_is_at_boundary(v->state) &&
           !(run->s.regs.regs.rflags & TF_MASK);
}

static bool set_single_step(struct rr_vcpu *v, bool on)
{
    struct kvm_guest_debug debug = {
        .control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
    };

    return !kvm_vcpu_ioctl(v->cpu, KVM_SET_GUEST_DEBUG, &debug);
}

/*
 * KVM_RUN until it returns with an exit.  A signal that comes before the guest
 * has executed anything is no exit, so that each wait is longer than the last.
 */
static int run_to_exit(struct rr_vcpu *v)
{
    struct kvm_run *run = v->cpu->kvm_run;
    int ret = -EINTR;

    for (int64_t ns = WAIT_NS; ret == -EINTR && ns < MAX_WAIT_NS; ns *= 2) {
        /* Before the timer is set, whose signal sets it again. */
        qatomic_set(&run->immediate_exit, 0);
        if (!rr_timer_call_out_now(&v->recorder->timer, ns)) {
            break;
        }
        ret = kvm_vcpu_ioctl(v->cpu, KVM_RUN, 0);
    }
    return ret;
}

static void step(CPUState *cpu, run_on_cpu_data data)
{
    struct rr_vcpu *v = data.host_ptr;
    int ret;

    if (!may_step(v) || !set_single_step(v, true)) {
        return;
    }
    rr_vcpu_move(&v->state, RR_VCPU_RUNNING);
    ret = run_to_exit(v);
    rr_vcpu_move(&v->state, RR_VCPU_BOUNDARY);
    trace_rr_record_step(cpu->cpu_index, ret, cpu->kvm_run->exit_reason,
                         cpu->kvm_run->s.regs.regs.rip);
    v->landmark_state = RR_LANDMARK_NONE;
    rr_ring_drain(v);
    set_single_step(v, false);
}

void rr_step_to_boundary(struct rr_vcpu *v)
{
    if (rr_kvm_cap_retries(v)) {
        run_on_cpu(v->cpu, step, RUN_ON_CPU_HOST_PTR(v));
    }
}
