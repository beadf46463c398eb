/*
 * The recording: its beginning and its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include <malloc.h>
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "hw/boards.h"
#include "system/hw_accel.h"
#include "system/runstate.h"
#include "system/system.h"

static bool enable_cap(uint32_t capability, uint64_t arg, const char *what,
                       const char *remedy, Error **errp)
{
    int ret = kvm_vm_enable_cap(kvm_state, capability, 0, arg);

    if (ret < 0) {
        error_setg(errp, "this KVM does not offer %s (%s); %s", what,
                   strerror(-ret), remedy);
        return false;
    }
    return true;
}

/*
 * All that devices write to RAM goes through a buffer of its size.  malloc()
 * would map a buffer above 128 KiB anew each time, to be faulted in and
 * cleared.
 */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 32 * MiB);
    mallopt(M_TRIM_THRESHOLD, 64 * MiB);
}

/*
 * MONITOR and MWAIT, which CPUID hides, are #UD in TCG, and NOPs in KVM; and a
 * hypercall of the other vendor is #UD, where KVM rewrites the instruction in
 * the guest's memory.  A KVM without the capability has neither quirk.
 */
static void disable_quirks(void)
{
    int known = kvm_vm_check_extension(kvm_state, KVM_CAP_DISABLE_QUIRKS2);

    if (known > 0) {
        kvm_vm_enable_cap(kvm_state, KVM_CAP_DISABLE_QUIRKS2, 0,
                          known & (KVM_X86_QUIRK_MWAIT_NEVER_UD_FAULTS |
                                   KVM_X86_QUIRK_FIX_HYPERCALL_INSN));
    }
}

static bool init_kvm(struct rr_recorder *r, Error **errp)
{
    if (kvm_irqchip_in_kernel()) {
        error_setg(errp, "needs -accel kvm,kernel-irqchip=off");
        return false;
    }
    if (r->config.clock == RR_CLOCK_EXIT) {
        if (r->config.paging == RR_PAGING_SHADOW) {
            error_setg(errp, "--paging shadow needs KVM's ring: record with "
                       "--clock ring");
            return false;
        }
        r->config.paging = RR_PAGING_NONE; /* KVM tells flushes in the ring */
    }
    if (!rr_kvm_cap_enable(r, errp) ||
        !enable_cap(KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_FILTER,
                    "KVM_CAP_X86_USER_SPACE_MSR",
                    "Linux 5.10 or later is needed", errp)) {
        return false;
    }
    /*
     * No virtual PMU: its counters would be inputs, and use the hardware that
     * counts branches.  A KVM without this capability has none to switch off.
     */
    kvm_vm_enable_cap(kvm_state, KVM_CAP_PMU_CAPABILITY, 0,
                      KVM_PMU_CAP_DISABLE);
    disable_quirks();
    return rr_msr_install_filter(errp);
}

static bool init_vm(struct rr_recorder *r, Error **errp)
{
    if (r->is_armed && r->config.paranoid != RR_PARANOID_OFF) {
        error_setg(errp, "--paranoid looks at a whole recording: it needs one "
                   "that begins with the machine");
        return false;
    }
    if (current_machine->smp.cpus > RR_MAX_VCPUS) {
        error_setg(errp, "no more than %d vCPU can be recorded", RR_MAX_VCPUS);
        return false;
    }
    for (int i = 0; i < RR_MAX_VCPUS; i++) {
        r->vcpus[i].recorder = r;
        rr_events_init(&r->vcpus[i]);
    }
    rr_bql_init(&r->bql);
    rr_timer_init(&r->timer);
    keep_freed_memory();
    return init_kvm(r, errp);
}

void rr_record_init_vm(void)
{
    Error *err = NULL;

    if (!init_vm(&rr_recorder, &err)) {
        error_reportf_err(err, "rr-record: ");
        exit(1);
    }
}

/* The guest was slowed down rather than the memory filled. */
static void tell_wait(struct rrlog_writer *writer)
{
    uint64_t wait_ns = rrlog_writer_wait_ns(writer);

    if (wait_ns >= 1000000) {
        warn_report("rr-record: the guest waited %.3f s in all for the disk "
                    "to take the trace", wait_ns / 1e9);
    }
}

/* The end record, and what RAM holds.  False: the recording has failed. */
static bool log_end(struct rr_vcpu *v, enum rrlog_end_reason reason)
{
    const struct rr_landmark *lm = rr_landmark_now(v);
    RRCPUState state;
    struct rrlog_record rec = {
        .type = RRLOG_END,
        .end = { .reason = reason },
        .data = state.value,
    };

    cpu_synchronize_state(v->cpu);
    rr_cpu_state_get(cpu_env(v->cpu), &state);
    /* The landmark has AF; replayers from before it was there compare this. */
    state.value[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
    rec.data_bytes = state.count * sizeof(uint64_t);
    return rr_log_at_landmark(v->recorder, &rec, lm) && rr_log_digests(v);
}

void rr_recording_end(struct rr_recorder *r)
{
    int ret;

    if (r->life != RR_LIFE_RECORDING) {
        return;
    }
    rr_step_to_boundary(rr_recorder_vcpu(r));
    if (!log_end(rr_recorder_vcpu(r), r->end_reason)) {
        return;
    }
    rr_recorder_change(r, RR_LIFE_ENDED);
    tell_wait(r->writer);
    rr_manifest_write_end(r);
    ret = rrlog_writer_close(r->writer, true);
    r->writer = NULL;
    if (ret) {
        error_report("rr-record: closing the trace %s: %s", r->path,
                     strerror(-ret));
    }
}

/* Comes before the machine stops because of it. */
static void shutdown_requested(Notifier *n, void *data)
{
    ShutdownCause cause = *(ShutdownCause *)data;

    if (!shutdown_caused_by_guest(cause)) {
        rr_recorder.end_reason = RRLOG_END_STOPPED;
    }
    /* A paused machine does not stop once more: no state changes. */
    if (!runstate_is_live(runstate_get())) {
        rr_recording_end(&rr_recorder);
    }
}

static Notifier shutdown_notifier = { .notify = shutdown_requested };

static void vm_state_changed(void *opaque, bool running, RunState state)
{
    if (!running && (state == RUN_STATE_SHUTDOWN ||
                     runstate_check(RUN_STATE_SHUTDOWN))) {
        rr_recording_end(opaque);
    }
}

static void log_cpu_state(struct rr_vcpu *v)
{
    RRCPUState *state = &v->last_state;
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .cpu_state = { .halted = v->cpu->halted },
        .data = state->value,
    };

    rr_cpu_state_get(cpu_env(v->cpu), state);
    v->last_state_valid = true;
    rec.data_bytes = state->count * sizeof(uint64_t);
    rr_log_at_access(v->recorder, &rec);
}

/* What a guest has at its reset it no longer has. */
static void log_late_start(struct rr_vcpu *v)
{
    const X86CPU *cpu = X86_CPU(v->cpu);
    const CPUX86State *env = &cpu->env;
    struct rrlog_record rec = {
        .type = RRLOG_START,
        .start = {
            .apic_base = cpu->apic_state ? cpu_get_apic_base(cpu->apic_state)
                                         : 0,
            .fop = env->fpop & 0x7ff,
            .fip = env->fpip,
            .fdp = env->fpdp,
            .xinuse = env->xstate_bv & (XSTATE_FP_MASK | XSTATE_SSE_MASK |
                                        XSTATE_YMM_MASK),
        },
    };
    struct rrlog_record cr8 = {
        .type = RRLOG_CR8,
        .cr8 = { .value = v->cpu->kvm_run->cr8 & 0xf },
    };
    struct rrlog_record clock = {
        .type = RRLOG_CLOCK,
        .clock = { .value = v->clock },
    };

    rr_log_at_access(v->recorder, &rec);
    rr_log_at_access(v->recorder, &cr8);
    if (v->has_clock) {
        rr_log_at_landmark(v->recorder, &clock, rr_landmark_now(v));
    }
}

/*
 * What the replay applies before the first instruction.  What KVM has and the
 * guest has not seen yet is logged when it is delivered, from here.
 */
static void log_start(struct rr_vcpu *v)
{
    v->landmark_state = RR_LANDMARK_NONE;
    rr_log_slots(v->recorder);
    log_cpu_state(v);
    if (v->has_run) {
        log_late_start(v);
    }
    if (v->pending.active) {
        v->pending.landmark = *rr_landmark_now(v);
    }
    rr_kvm_cap_flush_tlb(v);
}

static bool open_trace(struct rr_recorder *r, CPUState *cpu, Error **errp)
{
    int ret = rrlog_writer_create(r->path, NULL, &r->writer);

    if (ret) {
        error_setg(errp, "cannot create the trace %s: %s", r->path,
                   strerror(-ret));
        return false;
    }
    rrlog_writer_set_fsync(r->writer, r->config.fsync);
    rr_manifest_write_host(r);
    rr_options_write_manifest(r);
    if (r->config.paging == RR_PAGING_FLUSH) {
        rrlog_writer_set_tlb_flushes(r->writer);
    } else if (r->config.paging == RR_PAGING_SHADOW) {
        rrlog_writer_set_pte_bits(r->writer);
    }
    rrlog_writer_set_words(r->writer);
    if (rr_recorder_vcpu(r)->has_run) {
        rrlog_writer_set_late_start(r->writer);
    }
    rr_manifest_write_machine(r, cpu);
    if (!rr_notes_write(r, errp) || !rr_ram_start(r, errp)) {
        rrlog_writer_close(r->writer, false);
        r->writer = NULL;
        return false;
    }
    return true;
}

bool rr_recording_begin(struct rr_recorder *r, Error **errp)
{
    struct rr_vcpu *v = rr_recorder_vcpu(r);

    if (!rr_machine_check(v->cpu, errp)) {
        return false;
    }
    cpu_synchronize_state(v->cpu);
    if (!open_trace(r, v->cpu, errp)) {
        return false;
    }
    rr_recorder_change(r, RR_LIFE_RECORDING);
    r->output_bytes = 0;
    r->output_hash = 0;
    r->end_reason = RRLOG_END_SHUTDOWN;
    rr_kvm_cap_begin(v);
    if (r->config.refer_to_images) {
        rr_images_start(r);
    }
    log_start(v);
    rr_detector_start(r);
    return true;
}

/* The first vCPU is about to enter the guest, for the first time. */
static bool make_ready(struct rr_recorder *r, struct rr_vcpu *v, Error **errp)
{
    if (!rr_machine_check(v->cpu, errp) || !rr_kvm_cap_open(v, errp) ||
        !rr_timer_open(&r->timer, errp)) {
        return false;
    }
    rr_msr_init_vcpu(v);
    rr_machine_watch();
    qemu_register_shutdown_notifier(&shutdown_notifier);
    qemu_add_vm_change_state_handler(vm_state_changed, r);
    return true;
}

bool rr_recorder_start(struct rr_recorder *r, struct rr_vcpu *v, Error **errp)
{
    if (r->life != RR_LIFE_OFF) {
        error_setg(errp, "the recording has failed before it began");
        return false;
    }
    return make_ready(r, v, errp) &&
           (r->is_armed || rr_recording_begin(r, errp));
}
