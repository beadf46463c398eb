/*
 * CPUID: the table that KVM got, and the features that are not shown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
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
