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

static uint64_t mode_flags(const struct rr_record_config *config)
{
    uint64_t flags = KVM_X86_RECORD_ENABLE;

    if (config->clock != RR_CLOCK_EXIT) {
        flags |= KVM_X86_RECORD_RING;
    }
    if (config->clock == RR_CLOCK_EPOCH) {
        flags |= KVM_X86_RECORD_EPOCH;
    }
    if (config->paging == RR_PAGING_FLUSH) {
        flags |= KVM_X86_RECORD_TLB;
    } else if (config->paging == RR_PAGING_SHADOW) {
        flags |= KVM_X86_RECORD_PTE;
    }
    return flags;
}

/* @has: what KVM_CHECK_EXTENSION gave. */
static bool check_flags(uint64_t flags, int has, Error **errp)
{
    uint64_t missing = flags & ~((uint64_t)has >> KVM_X86_RECORD_FLAGS_SHIFT);

    if (missing & KVM_X86_RECORD_EPOCH) {
        error_setg(errp, "this processor has no TSC scaling, which the epoch "
                   "clock needs; record with --clock ring");
    } else if (missing & KVM_X86_RECORD_TLB) {
        error_setg(errp, "KVM cannot flush the guest's TLB where the log says "
                   "so: it has no nested paging (npt=0, ept=0) or VPIDs, or "
                   "its modules are older than this program; record with "
                   "--paging none");
    } else if (missing & KVM_X86_RECORD_PTE) {
        error_setg(errp, "--paging shadow needs KVM without nested paging: "
                   "load kvm-amd with npt=0 (kvm-intel with ept=0 emulates "
                   "real mode, whose branches are not counted)");
    }
    return !missing;
}

bool rr_kvm_cap_enable(const struct rr_recorder *r, Error **errp)
{
    int has = kvm_vm_check_extension(kvm_state, KVM_CAP_X86_RECORD);
    uint64_t flags = mode_flags(&r->config);
    uint64_t period_ns = r->config.epoch_us * 1000ull;
    int ret;

    if (has <= 0 || (has & ((1 << KVM_X86_RECORD_FLAGS_SHIFT) - 1)) !=
                    KVM_X86_RECORD_VERSION) {
        error_setg(errp, "this KVM does not offer version %d of "
                   "KVM_CAP_X86_RECORD; load the modules built from "
                   "kernel-patch/", KVM_X86_RECORD_VERSION);
        return false;
    }
    if (!check_flags(flags, has, errp)) {
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

void rr_kvm_cap_begin(struct rr_vcpu *v)
{
    v->first_branches = v->shared->branches;
    /* What was lost before is not missing in this trace. */
    v->shared->flags &= ~KVM_X86_RECORD_FLUSH_LOST;
}

void rr_kvm_cap_flush_tlb(struct rr_vcpu *v)
{
    if (v->recorder->config.paging == RR_PAGING_FLUSH) {
        v->shared->flush_tlb = 1;
    }
}

bool rr_kvm_cap_retries(const struct rr_vcpu *v)
{
    return v->shared->flags & KVM_X86_RECORD_RETRY;
}

uint64_t rr_kvm_cap_branches(struct rr_vcpu *v)
{
    const struct kvm_x86_record_shared *shared = v->shared;

    if (!(shared->flags & KVM_X86_RECORD_BRANCHES_VALID) && v->has_run) {
        rr_recorder_fail(v->recorder, "the branch counter: another user %s",
                         shared->branches ? "took the PMU away"
                                          : "has the PMU");
    }
    return shared->branches - v->first_branches;
}
