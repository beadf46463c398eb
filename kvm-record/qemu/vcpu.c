/*
 * The recorder around KVM_RUN: entries and exits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"

bool rr_record_before_run(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;

    if (!s->cpu) {
        cpu->kvm_run->kvm_valid_regs = KVM_SYNC_X86_REGS;
        rr_record_start(cpu);
    }
    if (!s->io_pending) {
        rr_record_make_way();
    }
    rr_record_timer_before_run(cpu);
    if (!s->io_pending) {
        /*
         * Kicked while it made way.  Nothing may be injected then: KVM would
         * not say that it has it, and the next would take its place.
         */
        s->skip_run = s->regs_in_run &&
                      qatomic_read(&cpu->kvm_run->immediate_exit);
        return s->skip_run;
    }
    if (!rr_record_bql_is_wanted() && !cpu->interrupt_request &&
        !qatomic_read(&cpu->exit_request)) {
        return false;
    }
    qatomic_set(&cpu->kvm_run->immediate_exit, 1);
    return true;
}

static void after_run(CPUState *cpu, int run_ret)
{
    RRRecorder *s = &rr_recorder;

    s->regs_in_run = true;
    s->landmark_valid = false;
    if (s->pending.active) {
        rr_record_log_pending(cpu, run_ret);
    }
    /* Also when recording has failed: a full ring would stop the guest. */
    rr_record_ring_drain();
    s->io_pending = false;
}

int rr_record_run(CPUState *cpu)
{
    int ret;

    if (rr_recorder.skip_run) {
        rr_recorder.skip_run = false;
        return -EINTR;
    }
    ret = kvm_vcpu_ioctl(cpu, KVM_RUN, 0);
    after_run(cpu, ret);
    return ret;
}

/*
 * A write to a read-only slot is no output: TCG drops it before anyone sees
 * it.  What the device makes of it lands after the instruction, so finish that
 * first.
 */
static void finish_readonly_write(CPUState *cpu, struct kvm_run *run)
{
    RRRecorder *s = &rr_recorder;
    g_autofree void *mmio = g_memdup2(&run->mmio, sizeof(run->mmio));
    int ret;

    s->in_access = false;
    s->io_pending = false;
    qatomic_set(&run->immediate_exit, 1);
    ret = kvm_vcpu_ioctl(cpu, KVM_RUN, 0);
    qatomic_set(&run->immediate_exit, 0);
    s->landmark_valid = false;
    if (ret != -EINTR) {
        rr_record_fail("a write to ROM that takes two exits");
    }
    run->exit_reason = KVM_EXIT_MMIO;
    memcpy(&run->mmio, mmio, sizeof(run->mmio));
}

void rr_record_exit_begin(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;
    struct kvm_run *run = cpu->kvm_run;

    s->in_access = true;
    switch (run->exit_reason) {
    case KVM_EXIT_IO:
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
        s->io_pending = true;
        break;
    case KVM_EXIT_X86_RECORD:
        s->io_pending = rr_record_insn_exit(run);
        s->in_access = s->io_pending;
        break;
    case KVM_EXIT_MMIO:
        s->io_pending = true;
        if (!run->mmio.is_write) {
            break;
        }
        if (rr_record_is_readonly(run->mmio.phys_addr)) {
            finish_readonly_write(cpu, run);
        } else {
            rr_record_output(run->mmio.phys_addr, run->mmio.data, run->mmio.len);
        }
        break;
    default:
        s->in_access = false;
        break;
    }
}

void rr_record_exit_end(CPUState *cpu)
{
    struct kvm_run *run = cpu->kvm_run;
    struct rrlog_record rec = { 0 };

    if (!rr_recorder.in_access) {
        return;
    }
    if (run->exit_reason == KVM_EXIT_IO &&
        run->io.direction == KVM_EXIT_IO_IN) {
        rec.type = RRLOG_PIO_READ;
        rec.pio_read.port = run->io.port;
        rec.pio_read.size = run->io.size;
        rec.pio_read.count = run->io.count;
        rec.data = (uint8_t *)run + run->io.data_offset;
        rec.data_bytes = (size_t)run->io.size * run->io.count;
        rr_record_append(&rec);
    } else if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write) {
        rec.type = RRLOG_MMIO_READ;
        rec.mmio_read.gpa = run->mmio.phys_addr;
        rec.mmio_read.size = run->mmio.len;
        rec.data = run->mmio.data;
        rec.data_bytes = run->mmio.len;
        rr_record_append(&rec);
    }
    rr_recorder.in_access = false;
}
