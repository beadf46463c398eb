/*
 * KVM_CAP_X86_RECORD: switching it on, its shared page, the branch count.
 * kernel-patch/README.md describes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include <sys/mman.h>
#include "kernel-patch/include/kvm_x86_record.h"
#include "qapi/error.h"
#include "kvm-record/host/pmu-event.h"

static uint64_t mode_flags(enum rr_record_clock clock)
{
    switch (clock) {
    case RR_CLOCK_EXIT:
        return KVM_X86_RECORD_ENABLE;
    case RR_CLOCK_EPOCH:
        return KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING |
               KVM_X86_RECORD_EPOCH;
    default:
        return KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING;
    }
}

bool rr_kvm_cap_enable(const struct rr_recorder *r, Error **errp)
{
    int has = kvm_vm_check_extension(kvm_state, KVM_CAP_X86_RECORD);
    uint64_t flags = mode_flags(r->config.clock);
    uint64_t period_ns = r->config.epoch_us * 1000ull;
    int ret;

    if (has <= 0 || (has & ((1 << KVM_X86_RECORD_FLAGS_SHIFT) - 1)) !=
                    KVM_X86_RECORD_VERSION) {
        error_setg(errp, "this KVM does not offer version %d of "
                   "KVM_CAP_X86_RECORD; load the modules built from "
                   "kernel-patch/", KVM_X86_RECORD_VERSION);
        return false;
    }
    if (flags & ~((uint64_t)has >> KVM_X86_RECORD_FLAGS_SHIFT)) {
        error_setg(errp, "this processor has no TSC scaling, which the epoch "
                   "clock needs; record with --clock ring");
        return false;
    }
    ret = kvm_vm_enable_cap(kvm_state, KVM_CAP_X86_RECORD, 0, flags,
                            (uint64_t)RR_RING_SLOTS, period_ns);
    if (ret < 0) {
        error_setg(errp, "KVM_CAP_X86_RECORD: %s", strerror(-ret));
        return false;
    }
    return true;
}

/* KVM counts for the thread that asks it to: the vCPU's own. */
static bool count_branches(CPUState *cpu, Error **errp)
{
    g_autoptr(GError) error = NULL;
    struct rr_pmu_event event;
    int ret;

    if (!rr_pmu_event_bind(0, &event, &error)) {
        error_setg(errp, "%s", error->message);
        return false;
    }
    ret = kvm_vcpu_enable_cap(cpu, KVM_CAP_X86_RECORD, 0,
                              (uint64_t)event.type, event.config);
    if (ret) {
        rr_pmu_event_set_error(&error, -ret, &event);
        error_setg(errp, "%s", error->message);
        return false;
    }
    return true;
}

bool rr_kvm_cap_open(struct rr_vcpu *v, Error **errp)
{
    size_t page_bytes = qemu_real_host_page_size();
    size_t bytes = page_bytes;
    void *map;

    if (v->recorder->config.clock != RR_CLOCK_EXIT) {
        bytes += RR_RING_SLOTS * sizeof(struct kvm_x86_record_slot);
    }
    map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
               v->cpu->kvm_fd, (off_t)KVM_X86_RECORD_PAGE_OFFSET * page_bytes);
    if (map == MAP_FAILED) {
        error_setg(errp, "cannot map KVM's ring: %s", strerror(errno));
        return false;
    }
    v->shared = map;
    v->ring = map + page_bytes;
    return count_branches(v->cpu, errp);
}

uint64_t rr_kvm_cap_branches(struct rr_vcpu *v)
{
    const struct kvm_x86_record_shared *shared = v->shared;

    if (!(shared->flags & KVM_X86_RECORD_BRANCHES_VALID) && shared->branches) {
        rr_recorder_fail(v->recorder, "the branch counter: another user took "
                         "the PMU away");
    }
    return shared->branches;
}
