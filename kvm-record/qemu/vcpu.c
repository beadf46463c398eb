/*
 * The recorder around KVM_RUN: entries, exits, interrupts, MSRs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include <malloc.h>
#include "kernel-patch/include/kvm_x86_record.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "hw/i386/apic.h"
#include "common/core/policy.h"

static unsigned int bql_waiters;
static QemuCond no_waiters;

/* ---- the VM ---- */

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

/* Every MSR but plain CPU state exits to us (KVM API, 4.126). */
static int install_msr_filter(void)
{
    struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_DENY };
    static uint8_t allow[16] = { 0xff }, allow_one = 1;
    unsigned int n = 0;

#define X(first, count)                                                      \
    QEMU_BUILD_BUG_ON((count) > 8);                                          \
    allow[n] = (1 << (count)) - 1;                                           \
    filter.ranges[n] = (struct kvm_msr_filter_range) {                       \
        .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,                 \
        .base = (first), .nmsrs = (count), .bitmap = &allow[n],              \
    };                                                                       \
    n++;
    RR_STATE_MSRS(X)
#undef X
    /* Reads of the TSC are KVM's (KVM_CAP_X86_RECORD), writes are ours. */
    filter.ranges[n] = (struct kvm_msr_filter_range) {
        .flags = KVM_MSR_FILTER_READ, .base = MSR_IA32_TSC, .nmsrs = 1,
        .bitmap = &allow_one,
    };
    return kvm_vm_ioctl(kvm_state, KVM_X86_SET_MSR_FILTER, &filter);
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

    qemu_cond_init(&no_waiters);
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
    ret = install_msr_filter();
    if (ret < 0) {
        error_report("rr-record: KVM_X86_SET_MSR_FILTER: %s", strerror(-ret));
        exit(1);
    }
}

void rr_record_cpuid(const void *entries, uint32_t count)
{
    g_free(rr_recorder.cpuid);
    rr_recorder.cpuid_bytes = count * sizeof(struct kvm_cpuid_entry2);
    rr_recorder.cpuid = g_memdup2(entries, rr_recorder.cpuid_bytes);
}

uint64_t rr_record_cpu_features(int word, uint64_t features,
                                uint64_t tcg_features)
{
    static const struct {
        int word;
        uint64_t hidden;
    } deny[] = {
        /* Clock, PMU and power: inputs that would need an exit each. */
        { FEAT_1_ECX, CPUID_EXT_X2APIC | CPUID_EXT_TSC_DEADLINE_TIMER |
                      CPUID_EXT_PDCM | CPUID_EXT_MONITOR | CPUID_EXT_RDRAND |
                      CPUID_EXT_PCID | CPUID_EXT_VMX },
        { FEAT_7_0_EBX, CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_RTM |
                        CPUID_7_0_EBX_HLE | CPUID_7_0_EBX_INVPCID },
        { FEAT_7_0_ECX, CPUID_7_0_ECX_LA57 | CPUID_7_0_ECX_PKU },
        /* What they write depends on hidden state (SDM vol. 1, 13.9). */
        { FEAT_XSAVE, ~0ull },
        { FEAT_KVM, ~0ull },
        { FEAT_8000_0001_ECX, CPUID_EXT3_SVM | CPUID_EXT3_PERFCORE },
        { FEAT_SVM, ~0ull },
        { FEAT_6_EAX, ~0ull },
        { FEAT_ARCH_CAPABILITIES, ~0ull },
    };

    features &= tcg_features;
    for (size_t i = 0; i < ARRAY_SIZE(deny); i++) {
        if (deny[i].word == word) {
            features &= ~deny[i].hidden;
        }
    }
    return features;
}

/* ---- the big lock ---- */

void rr_record_bql_wait_begin(void)
{
    if (current_cpu) {
        return;
    }
    qatomic_inc(&bql_waiters);
    if (rr_recorder.cpu) {
        qemu_cpu_kick(rr_recorder.cpu);
    }
}

void rr_record_bql_wait_end(void)
{
    if (current_cpu) {
        return;
    }
    if (qatomic_fetch_dec(&bql_waiters) == 1 && rr_recorder.cpu) {
        qemu_cond_signal(&no_waiters);
    }
}

static void make_way(void)
{
    while (qatomic_read(&bql_waiters)) {
        qemu_cond_wait_bql(&no_waiters);
    }
}

/* ---- entry ---- */

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

bool rr_record_before_run(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;

    if (!s->cpu) {
        cpu->kvm_run->kvm_valid_regs = KVM_SYNC_X86_REGS;
        rr_record_start(cpu);
    }
    if (!s->io_pending) {
        make_way();
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
    if (!qatomic_read(&bql_waiters) && !cpu->interrupt_request &&
        !qatomic_read(&cpu->exit_request)) {
        return false;
    }
    qatomic_set(&cpu->kvm_run->immediate_exit, 1);
    return true;
}

static void log_pending(CPUState *cpu, int run_ret)
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
        rec.field[0] = s->pending.vector;
    }
    s->pending.active = false;
    rr_record_append(&rec);
}

static void after_run(CPUState *cpu, int run_ret)
{
    RRRecorder *s = &rr_recorder;

    s->regs_in_run = true;
    s->landmark_valid = false;
    if (s->pending.active) {
        log_pending(cpu, run_ret);
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

/* ---- events from QEMU's devices ---- */

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
        .field = { new_cr8 },
    };

    if (old_cr8 != new_cr8) {
        rr_record_append(&rec);
    }
}

void rr_record_got_registers(CPUState *cpu)
{
    if (rr_recorder.started) {
        rr_cpu_state_get(cpu_env(cpu), &rr_recorder.last_state);
        rr_recorder.last_state_valid = true;
    }
}

void rr_record_put_registers(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;
    RRCPUState state;
    char name[64];
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .field = { cpu->halted },
        .data = state.value,
    };

    if (!s->started || cpu != s->cpu) {
        return;
    }
    rr_cpu_state_get(cpu_env(cpu), &state);
    rec.data_bytes = state.count * sizeof(uint64_t);
    if (s->last_state_valid &&
        rr_cpu_state_compare(&state, &s->last_state, name) < 0) {
        return; /* somebody only looked */
    }
    /* The landmark is where the guest was, not where it is sent to. */
    rec.stamp = RRLOG_AT_LANDMARK;
    if (!s->landmark_valid && s->regs_in_run) {
        bool dirty = cpu->vcpu_dirty;

        cpu->vcpu_dirty = false;
        rr_record_landmark();
        cpu->vcpu_dirty = dirty;
    }
    rec.landmark = *rr_record_landmark();
    rr_record_append(&rec);
    /* From here on the guest is where it was sent. */
    rr_landmark_from_env(cpu_env(cpu), &s->landmark);
    s->landmark_valid = true;
    s->regs_in_run = false;
    s->last_state = state;
    s->last_state_valid = true;
}

/* ---- exits ---- */

static void output(uint64_t address, const uint8_t *data, size_t len)
{
    RRRecorder *s = &rr_recorder;

    for (size_t i = 0; i < len; i++) {
        s->output_hash = rr_output_hash(s->output_hash, address + i, data[i]);
    }
    s->output_bytes += len;
}

void rr_record_port_output(uint16_t port, const void *data, size_t len)
{
    output(port | RR_OUTPUT_PORT, data, len);
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
            output(run->mmio.phys_addr, run->mmio.data, run->mmio.len);
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
        rec.field[0] = run->io.port;
        rec.field[1] = run->io.size;
        rec.field[2] = run->io.count;
        rec.data = (uint8_t *)run + run->io.data_offset;
        rec.data_bytes = (size_t)run->io.size * run->io.count;
        rr_record_append(&rec);
    } else if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write) {
        rec.type = RRLOG_MMIO_READ;
        rec.field[0] = run->mmio.phys_addr;
        rec.field[1] = run->mmio.len;
        rec.data = run->mmio.data;
        rec.data_bytes = run->mmio.len;
        rr_record_append(&rec);
    }
    rr_recorder.in_access = false;
}

/* ---- MSRs that are not plain CPU state ---- */

static int msr_ioctl(CPUState *cpu, unsigned long ioctl, uint32_t index,
                     uint64_t *value)
{
    struct {
        struct kvm_msrs info;
        struct kvm_msr_entry entry;
    } msr = {
        .info.nmsrs = 1,
        .entry = { .index = index, .data = *value },
    };
    int ret = kvm_vcpu_ioctl(cpu, ioctl, &msr);

    *value = msr.entry.data;
    return ret == 1 ? 0 : -EINVAL;
}

int rr_record_rdmsr(CPUState *cpu, struct kvm_run *run)
{
    struct rrlog_record rec = { .type = RRLOG_RDMSR };
    uint64_t value = 0;

    if (run->msr.index == MSR_IA32_APICBASE) {
        value = cpu_get_apic_base(X86_CPU(cpu)->apic_state);
        run->msr.error = 0;
    } else {
        run->msr.error = !!msr_ioctl(cpu, KVM_GET_MSRS, run->msr.index,
                                     &value);
    }
    run->msr.data = run->msr.error ? 0 : value;
    rec.field[0] = run->msr.data;
    rec.field[1] = run->msr.index;
    rec.field[2] = run->msr.error;
    rr_record_append(&rec);
    return 0;
}

int rr_record_wrmsr(CPUState *cpu, struct kvm_run *run)
{
    struct rrlog_record rec = { .type = RRLOG_WRMSR };
    uint64_t value = run->msr.data;

    run->msr.error = !!msr_ioctl(cpu, KVM_SET_MSRS, run->msr.index, &value);
    if (run->msr.index == MSR_IA32_APICBASE && !run->msr.error) {
        cpu_set_apic_base(X86_CPU(cpu)->apic_state, run->msr.data);
        run->apic_base = run->msr.data;
    }
    rec.field[0] = run->msr.index;
    rec.field[1] = run->msr.error;
    rr_record_append(&rec);
    return 0;
}
