/*
 * CPUID: the table that KVM got, and the features that the guest is shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "common/core/policy.h"
#include <linux/kvm.h>

void rr_record_cpuid(const void *entries, uint32_t count)
{
    struct rr_recorder *r = &rr_recorder;

    g_free(r->cpuid);
    r->cpuid_bytes = count * sizeof(struct kvm_cpuid_entry2);
    r->cpuid = g_memdup2(entries, r->cpuid_bytes);
}

uint64_t rr_record_cpu_features(int word, uint64_t features,
                                uint64_t tcg_features)
{
    return features & tcg_features & ~rr_hidden_features(word);
}
