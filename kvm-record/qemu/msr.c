/*
 * MSRs that are not plain CPU state.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "qapi/error.h"
#include "hw/i386/apic.h"
#include "common/core/policy.h"

#define MSR_PLATFORM_INFO_INDEX 0xce /* SDM volume 4, table 2-2 */

/* KVM API, 4.126. */
bool rr_msr_install_filter(Error **errp)
{
    struct kvm_msr_filter filter = { .flags = KVM_MSR_FILTER_DEFAULT_DENY };
    static uint8_t allow[16] = { 0xff }, allow_one = 1;
    unsigned int n = 0;
    int ret;

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
    /* KVM records reads of the TSC (KVM_CAP_X86_RECORD); writes exit. */
    filter.ranges[n] = (struct kvm_msr_filter_range) {
        .flags = KVM_MSR_FILTER_READ, .base = MSR_IA32_TSC, .nmsrs = 1,
        .bitmap = &allow_one,
    };
    ret = kvm_vm_ioctl(kvm_state, KVM_X86_SET_MSR_FILTER, &filter);
    if (ret < 0) {
        error_setg(errp, "KVM_X86_SET_MSR_FILTER: %s", strerror(-ret));
        return false;
    }
    return true;
}

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

void rr_msr_init_vcpu(struct rr_vcpu *v)
{
    uint64_t none = 0;

    /*
     * PLATFORM_INFO permits CPUID faulting, which TCG does not have.  A KVM
     * that has no such MSR does not permit it.
     */
    msr_ioctl(v->cpu, KVM_SET_MSRS, MSR_PLATFORM_INFO_INDEX, &none);
}

int rr_record_rdmsr(CPUState *cpu, struct kvm_run *run)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct rrlog_record rec = { .type = RRLOG_RDMSR };
    uint64_t value = 0;

    g_assert(v->state == RR_VCPU_ACCESS);
    if (rr_msr_is_paravirtual(run->msr.index)) {
        run->msr.error = 1;
    } else if (run->msr.index == MSR_IA32_APICBASE) {
        value = cpu_get_apic_base(X86_CPU(cpu)->apic_state);
        run->msr.error = 0;
    } else {
        run->msr.error = !!msr_ioctl(cpu, KVM_GET_MSRS, run->msr.index,
                                     &value);
    }
    run->msr.data = run->msr.error ? 0 : value;
    rec.rdmsr.value = run->msr.data;
    rec.rdmsr.index = run->msr.index;
    rec.rdmsr.fault = run->msr.error;
    rr_log_at_access(v->recorder, &rec);
    return 0;
}

static int tsc_offset(CPUState *cpu, unsigned long ioctl, uint64_t *offset)
{
    struct kvm_device_attr attr = {
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = (uintptr_t)offset,
    };

    return kvm_vcpu_ioctl(cpu, ioctl, &attr);
}

/*
 * A guest's TSC is set to what it writes.  To a host that sets it KVM may give
 * the TSC of the VM instead, so as to synchronize vCPUs: the offset is set.
 */
static int set_tsc(CPUState *cpu, uint64_t value)
{
    uint64_t offset, now = 0;

    if (tsc_offset(cpu, KVM_GET_DEVICE_ATTR, &offset) < 0 ||
        msr_ioctl(cpu, KVM_GET_MSRS, MSR_IA32_TSC, &now) < 0) {
        return msr_ioctl(cpu, KVM_SET_MSRS, MSR_IA32_TSC, &value);
    }
    offset += value - now;
    return tsc_offset(cpu, KVM_SET_DEVICE_ATTR, &offset);
}

/* Returns 1 for #GP. */
static uint8_t write_msr(CPUState *cpu, uint32_t index, uint64_t value)
{
    switch (rr_msr_write_rule(index)) {
    case RR_MSR_WRITE_FAULTS:
        return 1;
    case RR_MSR_WRITE_IGNORED:
        return 0;
    default:
        if (index == MSR_IA32_TSC) {
            return !!set_tsc(cpu, value);
        }
        if (index == RR_MSR_DEBUGCTL) {
            value &= ~RR_DEBUGCTL_OFF;
        }
        return !!msr_ioctl(cpu, KVM_SET_MSRS, index, &value);
    }
}

int rr_record_wrmsr(CPUState *cpu, struct kvm_run *run)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct rrlog_record rec = { .type = RRLOG_WRMSR };

    g_assert(v->state == RR_VCPU_ACCESS);
    run->msr.error = write_msr(cpu, run->msr.index, run->msr.data);
    if (run->msr.index == MSR_IA32_APICBASE && !run->msr.error) {
        cpu_set_apic_base(X86_CPU(cpu)->apic_state, run->msr.data);
        run->apic_base = run->msr.data;
    }
    rec.wrmsr.index = run->msr.index;
    rec.wrmsr.fault = run->msr.error;
    rr_log_at_access(v->recorder, &rec);
    return 0;
}
