/*
 * The features of a CPU of QEMU, from the CPUID table of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "common/core/cpuid-features.h"
#include "cpu-internal.h"

static uint64_t feature_word(const RRCpuidTable *t, FeatureWord w)
{
    const FeatureWordInfo *wi = &feature_word_info[w];
    const RRCpuidEntry *e;

    if (wi->type != CPUID_FEATURE_WORD) {
        return 0;
    }
    e = rr_cpuid_find(t, wi->cpuid.eax, wi->cpuid.ecx);
    if (!e) {
        return 0;
    }
    switch (wi->cpuid.reg) {
    case R_EAX:
        return e->eax;
    case R_EBX:
        return e->ebx;
    case R_ECX:
        return e->ecx;
    default:
        return e->edx;
    }
}

/*
 * What each processor with SVM or VMX has, and executes though CPUID hides it:
 * KVM can neither intercept these instructions nor lets CR4 depend on them.
 * CPUID itself is answered from the table.
 */
#define EXECUTED_1_EDX \
    (CPUID_DE | CPUID_PSE | CPUID_TSC | CPUID_MSR | CPUID_PAE | CPUID_MCE | \
     CPUID_CX8 | CPUID_SEP | CPUID_PGE | CPUID_MCA | CPUID_CMOV | CPUID_PAT | \
     CPUID_PSE36 | CPUID_CLFLUSH | CPUID_MMX | CPUID_FXSR | CPUID_SSE | \
     CPUID_SSE2)
#define EXECUTED_1_ECX (CPUID_EXT_SSE3 | CPUID_EXT_CX16)

void rr_cpuid_apply(const RRCpuidTable *t, X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    const RRCpuidEntry *vendor = rr_cpuid_find(t, 0, 0);
    const RRCpuidEntry *signature = rr_cpuid_find(t, 1, 0);
    const RRCpuidEntry *address = rr_cpuid_find(t, 0x80000008, 0);
    const RRCpuidEntry *extended = rr_cpuid_find(t, 0x80000000, 0);

    for (int w = 0; w < FEATURE_WORDS; w++) {
        env->features[w] = feature_word(t, w);
    }
    env->features[FEAT_1_EDX] |= EXECUTED_1_EDX;
    env->features[FEAT_1_ECX] |= EXECUTED_1_ECX;
    if (vendor) {
        env->cpuid_vendor1 = vendor->ebx;
        env->cpuid_vendor2 = vendor->edx;
        env->cpuid_vendor3 = vendor->ecx;
        env->cpuid_level = vendor->eax;
    }
    if (signature) {
        env->cpuid_version = signature->eax;
    }
    if (extended) {
        env->cpuid_xlevel = extended->eax;
    }
    if (address) {
        cpu->phys_bits = address->eax & 0xff;
    }
}
