/*
 * The vCPU around KVM_RUN: the hooks that follow the edges of its diagram,
 * which is in state.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"
#include "hw/i386/apic.h"
#include "qapi/error.h"
#include "kvm-record/qemu/trace.h"

/* Follow an edge; wrong ones end the program. */
static void vcpu_enter(struct rr_vcpu *v, enum rr_vcpu_state state)
{
    g_assert(bql_locked());
    trace_rr_record_vcpu(v->cpu->cpu_index, rr_vcpu_state_name(v->state),
                         rr_vcpu_state_name(state));
    rr_vcpu_move(&v->state, state);
}

/* KVM_RUN is called for the first time: the recording begins. */
static bool begin(struct rr_vcpu *v, CPUState *cpu, Error **errp)
{
    qatomic_set(&v->cpu, cpu);
    cpu->kvm_run->kvm_valid_regs = KVM_SYNC_X86_REGS;
    return rr_recorder_start(v->recorder, v, errp);
}

static struct rr_entry_facts entry_facts(const struct rr_vcpu *v)
{
    CPUState *cpu = v->cpu;

    return (struct rr_entry_facts) {
        .regs_in_run = v->regs == RR_REGS_IN_RUN,
        .immediate_exit = qatomic_read(&cpu->kvm_run->immediate_exit),
        .wanted = rr_bql_is_wanted(&v->recorder->bql) ||
                  cpu->interrupt_request || qatomic_read(&cpu->exit_request),
    };
}

static bool prepare_run(struct rr_vcpu *v, CPUState *cpu, Error **errp)
{
    if (!v->cpu && !begin(v, cpu, errp)) {
        return false;
    }
    if (rr_vcpu_is_at_boundary(v->state)) {
        rr_bql_make_way(&v->recorder->bql, cpu);
        if (v->nmi_held) {
            rr_nmi_release(v);
        }
    }
    return rr_timer_before_run(&v->recorder->timer, cpu, errp);
}

enum rr_entry rr_record_before_run(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct rr_entry_facts facts;
    enum rr_entry entry;
    Error *err = NULL;

    g_assert(bql_locked());
    if (!prepare_run(v, cpu, &err)) {
        error_reportf_err(err, "rr-record: ");
        exit(1);
    }
    facts = entry_facts(v);
    entry = rr_entry_choose(v->state, &facts);
    trace_rr_record_entry(cpu->cpu_index, entry);
    if (entry == RR_ENTER_FINISH_ONLY) {
        qatomic_set(&cpu->kvm_run->immediate_exit, 1);
    }
    return entry;
}

int rr_record_run(CPUState *cpu, enum rr_entry entry)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    int ret;

    if (entry == RR_STAY_OUT) {
        return -EINTR;
    }
    rr_detector_check(v->recorder, NULL);
    vcpu_enter(v, RR_VCPU_RUNNING);
    ret = kvm_vcpu_ioctl(cpu, KVM_RUN, 0);
    v->regs = RR_REGS_IN_RUN;
    v->has_run = true;
    v->landmark_state = RR_LANDMARK_NONE;
    if (v->pending.active) {
        /* KVM may have left the guest while it delivered this. */
        rr_ring_drain_at(v, &v->pending.landmark);
    }
    rr_log_pending(v, ret);
    /* Also if recording has failed: a full ring would stop the guest. */
    rr_ring_drain(v);
    if (ret < 0) {
        vcpu_enter(v, RR_VCPU_BOUNDARY);
    }
    return ret;
}

/*
 * A write to a read-only slot is not output: TCG drops it before anyone sees
 * it.  What the device does with it takes effect after the instruction, so
 * finish the instruction first.
 */
static void finish_readonly_write(struct rr_vcpu *v, struct kvm_run *run)
{
    g_autofree void *mmio = g_memdup2(&run->mmio, sizeof(run->mmio));
    int ret;

    vcpu_enter(v, RR_VCPU_UNFINISHED);
    qatomic_set(&run->immediate_exit, 1);
    vcpu_enter(v, RR_VCPU_RUNNING);
    ret = kvm_vcpu_ioctl(v->cpu, KVM_RUN, 0);
    qatomic_set(&run->immediate_exit, 0);
    v->landmark_state = RR_LANDMARK_NONE;
    vcpu_enter(v, RR_VCPU_BOUNDARY);
    if (ret != -EINTR) {
        rr_recorder_fail(v->recorder, "a write to ROM that takes two exits");
    }
    run->exit_reason = KVM_EXIT_MMIO;
    memcpy(&run->mmio, mmio, sizeof(run->mmio));
}

static void begin_mmio_write(struct rr_vcpu *v, struct kvm_run *run)
{
    if (rr_ram_is_readonly(v->recorder, run->mmio.phys_addr)) {
        finish_readonly_write(v, run);
    } else {
        rr_io_output(v->recorder, run->mmio.phys_addr, run->mmio.data,
                     run->mmio.len);
    }
}

void rr_record_exit_begin(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct kvm_run *run = cpu->kvm_run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        vcpu_enter(v, RR_VCPU_ACCESS);
        break;
    case KVM_EXIT_X86_RECORD:
        vcpu_enter(v, rr_log_insn_exit(v, run) ? RR_VCPU_ACCESS
                                               : RR_VCPU_BOUNDARY);
        break;
    case KVM_EXIT_MMIO:
        vcpu_enter(v, RR_VCPU_ACCESS);
        if (run->mmio.is_write) {
            begin_mmio_write(v, run);
        }
        break;
    default:
        vcpu_enter(v, RR_VCPU_BOUNDARY);
        if (v->nmi_held) {
            rr_nmi_release(v); /* before QEMU decides that the guest halts */
        }
        break;
    }
}

/*
 * The access may have changed the task priority of QEMU's APIC.  QEMU gives it
 * to KVM when it enters the guest, but not when it only finishes an
 * instruction, and takes KVM's afterwards.
 */
static void pass_on_task_priority(CPUState *cpu)
{
    struct kvm_run *run = cpu->kvm_run;
    uint8_t tpr = cpu_get_apic_tpr(X86_CPU(cpu)->apic_state);

    rr_record_cr8(cpu, run->cr8, tpr);
    run->cr8 = tpr;
}

void rr_record_exit_end(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    rr_detector_check(v->recorder, cpu->kvm_run);
    if (v->state == RR_VCPU_ACCESS) {
        pass_on_task_priority(cpu);
        rr_log_io_read(v->recorder, cpu->kvm_run);
        vcpu_enter(v, RR_VCPU_UNFINISHED);
    }
}
