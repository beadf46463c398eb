/*
 * The recording: its beginning and its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include <malloc.h>
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "qom/object.h"
#include "system/hw_accel.h"
#include "system/iothread.h"
#include "system/runstate.h"
#include "system/system.h"

static void enable_cap(uint32_t capability, uint64_t arg, const char *what,
                       const char *remedy)
{
    int ret = kvm_vm_enable_cap(kvm_state, capability, 0, arg);

    if (ret < 0) {
        error_report("rr-record: this KVM does not offer %s (%s); %s", what,
                     strerror(-ret), remedy);
        exit(1);
    }
}

/*
 * All that devices write to RAM goes through a buffer of its size.  As a
 * mapping of its own (malloc(), above 128 KiB) it would be faulted in and
 * cleared anew each time.
 */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 * MiB);
    mallopt(M_TRIM_THRESHOLD, 64 * MiB);
}

void rr_record_init_vm(void)
{
    int ret;

    rr_record_bql_init_vm();
    keep_freed_memory();
    if (kvm_irqchip_in_kernel()) {
        error_report("rr-record: needs -accel kvm,kernel-irqchip=off");
        exit(1);
    }
    rr_record_ring_enable();
    rr_record_timer_init_vm();
    enable_cap(KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_FILTER,
               "KVM_CAP_X86_USER_SPACE_MSR", "Linux 5.10 or later is needed");
    /* No virtual PMU: its counters would be inputs, and share the hardware. */
    kvm_vm_enable_cap(kvm_state, KVM_CAP_PMU_CAPABILITY, 0,
                      KVM_PMU_CAP_DISABLE);
    ret = rr_record_install_msr_filter();
    if (ret < 0) {
        error_report("rr-record: KVM_X86_SET_MSR_FILTER: %s", strerror(-ret));
        exit(1);
    }
}

static void append_initial_state(CPUState *cpu)
{
    RRCPUState *state = &rr_recorder.last_state;
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .data = state->value,
    };

    rr_cpu_state_get(cpu_env(cpu), state);
    rec.data_bytes = state->count * sizeof(uint64_t);
    rr_record_append(&rec);
}

static int iothread_found(Object *obj, void *opaque)
{
    return object_dynamic_cast(obj, TYPE_IOTHREAD) ? 1 : 0;
}

/* Comes before the machine stops for it. */
static void shutdown_requested(Notifier *n, void *data)
{
    ShutdownCause cause = *(ShutdownCause *)data;

    if (!shutdown_caused_by_guest(cause)) {
        rr_recorder.end_reason = RRLOG_END_STOPPED;
    }
}

static Notifier shutdown_notifier = { .notify = shutdown_requested };

static void vm_state_changed(void *opaque, bool running, RunState state)
{
    if (!running && (state == RUN_STATE_SHUTDOWN ||
                     runstate_check(RUN_STATE_SHUTDOWN))) {
        rr_record_stop(rr_recorder.end_reason);
    }
}

void rr_record_start(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;
    int ret;

    s->cpu = cpu;
    if (object_child_foreach_recursive(object_get_objects_root(),
                                       iothread_found, NULL)) {
        error_report("rr-record: iothreads cannot be recorded; remove "
                     "-object iothread");
        exit(1);
    }
    if (rr_record_ring_open(cpu) < 0) {
        exit(1);
    }
    rr_record_timer_open();
    ret = rrlog_writer_create(s->path, NULL, &s->writer);
    if (ret) {
        error_report("rr-record: cannot create the trace %s: %s", s->path,
                     strerror(-ret));
        exit(1);
    }
    rrlog_writer_set_fsync(s->writer, s->config.fsync);
    rr_record_write_manifest();
    rr_record_memory_start();
    if (s->finished) {
        exit(1);
    }
    s->started = true;
    if (s->config.refer_to_images) {
        rr_record_images_start();
    }
    /* What the replay applies before the first instruction. */
    s->in_access = true;
    rr_record_memory_slots();
    append_initial_state(cpu);
    s->in_access = false;
    s->end_reason = RRLOG_END_SHUTDOWN;
    qemu_register_shutdown_notifier(&shutdown_notifier);
    qemu_add_vm_change_state_handler(vm_state_changed, NULL);
}

/* The guest was slowed down rather than the memory filled. */
static void tell_wait(void)
{
    uint64_t wait_ns = rrlog_writer_wait_ns(rr_recorder.writer);

    if (wait_ns >= 1000000) {
        warn_report("rr-record: the guest waited %.3f s in all for the disk "
                    "to take the trace", wait_ns / 1e9);
    }
}

void rr_record_stop(enum rrlog_end_reason reason)
{
    RRRecorder *s = &rr_recorder;
    RRCPUState state;
    struct rrlog_record rec = {
        .type = RRLOG_END,
        .end = { .reason = reason },
        .data = state.value,
    };
    int ret;

    if (!s->started) {
        return;
    }
    rr_record_landmark();
    cpu_synchronize_state(s->cpu);
    rr_cpu_state_get(cpu_env(s->cpu), &state);
    rec.data_bytes = state.count * sizeof(uint64_t);
    s->in_access = false;
    rr_record_append(&rec);
    rr_record_memory_digests();
    if (!s->started) {
        return;
    }
    s->started = false;
    s->finished = true;
    tell_wait();
    ret = rrlog_writer_close(s->writer, true);
    s->writer = NULL;
    if (ret) {
        error_report("rr-record: closing the trace %s: %s", s->path,
                     strerror(-ret));
    }
}
