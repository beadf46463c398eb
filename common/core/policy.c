/*
 * Rules that the recorder and the replayer must both follow.  See policy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "common/core/policy.h"

bool rr_msr_is_cpu_state(uint32_t index)
{
    static const struct {
        uint32_t first, count;
    } ranges[] = {
#define X(first, count) { first, count },
        RR_STATE_MSRS(X)
#undef X
    };

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        if (index >= ranges[i].first &&
            index - ranges[i].first < ranges[i].count) {
            return true;
        }
    }
    return false;
}

bool rr_msr_is_paravirtual(uint32_t index)
{
    return (index >= 0x40000000 && index <= 0x400001ff) || /* Hyper-V */
           (index >= 0x4b564d00 && index <= 0x4b564dff) || /* KVM */
           index == 0x11 || index == 0x12; /* KVM's first clock */
}

bool rr_msr_is_x2apic(uint32_t index)
{
    return index >= 0x800 && index <= 0x8ff;
}

enum rr_msr_write rr_msr_write_rule(uint32_t index)
{
    switch (index) {
    case 0x34:          /* SMI_COUNT */
    case 0x9e:          /* SMBASE */
    case 0xce:          /* PLATFORM_INFO: permits CPUID faulting */
    case 0xcf:          /* CORE_CAPABILITIES */
    case 0x10a:         /* ARCH_CAPABILITIES */
    case 0x140:         /* MISC_FEATURES_ENABLES: CPUID faulting */
    case 0x345:         /* PERF_CAPABILITIES */
    case 0x480 ... 0x491: /* of VMX */
        return RR_MSR_WRITE_FAULTS;
    case 0x8b: /* BIOS_SIGN_ID: software clears it before it asks for it */
        return RR_MSR_WRITE_IGNORED;
    default:
        return rr_msr_is_paravirtual(index) ? RR_MSR_WRITE_FAULTS
                                            : RR_MSR_WRITE_KVM;
    }
}

uint64_t rr_hidden_features(int word)
{
    switch (word) {
    case FEAT_1_ECX:
        /* Clock, PMU and power: inputs that would need an exit each. */
        return CPUID_EXT_X2APIC | CPUID_EXT_TSC_DEADLINE_TIMER |
               CPUID_EXT_PDCM | CPUID_EXT_MONITOR | CPUID_EXT_RDRAND |
               CPUID_EXT_PCID | CPUID_EXT_VMX;
    case FEAT_7_0_EBX:
        return CPUID_7_0_EBX_RDSEED | CPUID_7_0_EBX_RTM |
               CPUID_7_0_EBX_HLE | CPUID_7_0_EBX_INVPCID;
    case FEAT_7_0_ECX:
        /* RDPID stays: what it reads, TSC_AUX, is CPU state. */
        return CPUID_7_0_ECX_LA57 | CPUID_7_0_ECX_PKU | RR_7_0_ECX_WAITPKG;
    case FEAT_8000_0001_ECX:
        return CPUID_EXT3_SVM | CPUID_EXT3_PERFCORE | RR_EXT3_MONITORX;
    case FEAT_8000_0008_EBX:
        return RR_8000_0008_EBX_RDPRU;
    case FEAT_CORE_CAPABILITY:
        /* The #AC of split locks, which TCG does not raise. */
    case FEAT_XSAVE:
        /*
         * What they write depends on hidden state (SDM vol. 1, 13.9), and
         * XGETBV with ECX = 1 shows it.
         */
    case FEAT_KVM:
    case FEAT_SVM:
    case FEAT_6_EAX:
    case FEAT_ARCH_CAPABILITIES:
        return ~0ull;
    default:
        return 0;
    }
}
