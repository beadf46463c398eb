/*
 * CPUID from a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "common/core/cpuid-table.h"
#include "cpu-internal.h"

#define SIGNIFICANT_INDEX 1 /* KVM_CPUID_FLAG_SIGNIFCANT_INDEX */
#define XSAVE_LEGACY_BYTES 576 /* legacy region and header, SDM vol. 1, 13.4 */

static const RRCpuidEntry *find(const RRCpuidTable *t, uint32_t function,
                                uint32_t index)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const RRCpuidEntry *e = &t->entries[i];

        if (e->function == function &&
            (!(e->flags & SIGNIFICANT_INDEX) || e->index == index)) {
            return e;
        }
    }
    return NULL;
}

static bool is_amd(const RRCpuidTable *t)
{
    const RRCpuidEntry *e = find(t, 0, 0);

    return e && e->ebx == CPUID_VENDOR_AMD_1 && e->edx == CPUID_VENDOR_AMD_2 &&
           e->ecx == CPUID_VENDOR_AMD_3;
}

/*
 * On Intel a function beyond the limit of its class returns the data of the
 * highest basic function (SDM volume 2, CPUID).
 */
static const RRCpuidEntry *out_of_range(const RRCpuidTable *t,
                                        uint32_t *function, uint32_t index)
{
    const RRCpuidEntry *basic = find(t, 0, 0);
    const RRCpuidEntry *class = find(t, *function & 0xc0000000, 0);

    if (!basic || is_amd(t)) {
        return NULL;
    }
    if (class && *function <= class->eax) {
        return NULL;
    }
    *function = basic->eax;
    return find(t, basic->eax, index);
}

/* Topology leaves keep ECX[7:0] and EDX (SDM volume 2, CPUID, leaf 0BH). */
static void topology_beyond(const RRCpuidTable *t, uint32_t function,
                            uint32_t index, uint32_t *ecx, uint32_t *edx)
{
    const RRCpuidEntry *first = find(t, function, 1);

    if ((function == 0xb || function == 0x1f) && first) {
        *ecx = index & 0xff;
        *edx = first->edx;
    }
}

static uint32_t xsave_bytes(const RRCpuidTable *t, uint64_t xcr0)
{
    uint32_t bytes = XSAVE_LEGACY_BYTES;

    for (uint32_t i = 2; i < 63; i++) {
        const RRCpuidEntry *e;

        if (!(xcr0 >> i & 1)) {
            continue;
        }
        e = find(t, 0xd, i);
        if (e) {
            bytes = MAX(bytes, e->eax + e->ebx);
        }
    }
    return bytes;
}

static uint32_t with_bit(uint32_t value, uint32_t bit, bool on)
{
    return on ? value | bit : value & ~bit;
}

void rr_cpuid_lookup(const RRCpuidTable *t, const RRCpuidInputs *in,
                     uint32_t function, uint32_t index, uint32_t *eax,
                     uint32_t *ebx, uint32_t *ecx, uint32_t *edx)
{
    const RRCpuidEntry *e = find(t, function, index);

    *eax = *ebx = *ecx = *edx = 0;
    if (!e) {
        e = out_of_range(t, &function, index);
    }
    if (!e) {
        topology_beyond(t, function, index, ecx, edx);
        return;
    }
    *eax = e->eax;
    *ebx = e->ebx;
    *ecx = e->ecx;
    *edx = e->edx;
    switch (function) {
    case 1:
        if (e->ecx & CPUID_EXT_XSAVE) {
            *ecx = with_bit(*ecx, CPUID_EXT_OSXSAVE,
                            in->cr4 & CR4_OSXSAVE_MASK);
        }
        *edx = with_bit(*edx, CPUID_APIC, in->apic_enabled);
        break;
    case 7:
        if (index == 0 && (e->ecx & CPUID_7_0_ECX_PKU)) {
            *ecx = with_bit(*ecx, CPUID_7_0_ECX_OSPKE,
                            in->cr4 & CR4_PKE_MASK);
        }
        break;
    case 0xd:
        if (index == 0) {
            *ebx = xsave_bytes(t, in->xcr0);
        }
        break;
    }
}

static uint64_t feature_word(const RRCpuidTable *t, FeatureWord w)
{
    const FeatureWordInfo *wi = &feature_word_info[w];
    const RRCpuidEntry *e;

    if (wi->type != CPUID_FEATURE_WORD) {
        return 0;
    }
    e = find(t, wi->cpuid.eax, wi->cpuid.ecx);
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

void rr_cpuid_apply(const RRCpuidTable *t, X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    const RRCpuidEntry *vendor = find(t, 0, 0);
    const RRCpuidEntry *signature = find(t, 1, 0);
    const RRCpuidEntry *address = find(t, 0x80000008, 0);
    const RRCpuidEntry *extended = find(t, 0x80000000, 0);

    for (int w = 0; w < FEATURE_WORDS; w++) {
        env->features[w] = feature_word(t, w);
    }
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
