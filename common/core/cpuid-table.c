/*
 * CPUID from a trace.  See cpuid-table.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include "common/core/cpuid-table.h"

/* SDM volume 2, CPUID.  QEMU's names are in headers that need all of QEMU. */
#define VENDOR_AMD_EBX 0x68747541 /* "Auth" */
#define VENDOR_AMD_EDX 0x69746e65 /* "enti" */
#define VENDOR_AMD_ECX 0x444d4163 /* "cAMD" */
#define LEAF_1_EDX_APIC (1u << 9)
#define LEAF_1_ECX_XSAVE (1u << 26)
#define LEAF_1_ECX_OSXSAVE (1u << 27)
#define LEAF_7_ECX_PKU (1u << 3)
#define LEAF_7_ECX_OSPKE (1u << 4)
#define CR4_OSXSAVE (1u << 18)
#define CR4_PKE (1u << 22)

#define SIGNIFICANT_INDEX 1 /* KVM_CPUID_FLAG_SIGNIFCANT_INDEX */
#define XSAVE_LEGACY_BYTES 576 /* legacy region and header, SDM vol. 1, 13.4 */

const RRCpuidEntry *rr_cpuid_find(const RRCpuidTable *t, uint32_t function,
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
    const RRCpuidEntry *e = rr_cpuid_find(t, 0, 0);

    return e && e->ebx == VENDOR_AMD_EBX && e->edx == VENDOR_AMD_EDX &&
           e->ecx == VENDOR_AMD_ECX;
}

/*
 * On Intel a function beyond the limit of its class returns the data of the
 * highest basic function (SDM volume 2, CPUID).
 */
static const RRCpuidEntry *out_of_range(const RRCpuidTable *t,
                                        uint32_t *function, uint32_t index)
{
    const RRCpuidEntry *basic = rr_cpuid_find(t, 0, 0);
    const RRCpuidEntry *class = rr_cpuid_find(t, *function & 0xc0000000, 0);

    if (!basic || is_amd(t)) {
        return NULL;
    }
    if (class && *function <= class->eax) {
        return NULL;
    }
    *function = basic->eax;
    return rr_cpuid_find(t, basic->eax, index);
}

/* Topology leaves keep ECX[7:0] and EDX (SDM volume 2, CPUID, leaf 0BH). */
static void topology_beyond(const RRCpuidTable *t, uint32_t function,
                            uint32_t index, uint32_t *ecx, uint32_t *edx)
{
    const RRCpuidEntry *first = rr_cpuid_find(t, function, 1);

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
        e = rr_cpuid_find(t, 0xd, i);
        if (e) {
            uint32_t end = e->eax + e->ebx;

            bytes = end > bytes ? end : bytes;
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
    const RRCpuidEntry *e = rr_cpuid_find(t, function, index);

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
        if (e->ecx & LEAF_1_ECX_XSAVE) {
            *ecx = with_bit(*ecx, LEAF_1_ECX_OSXSAVE,
                            in->cr4 & CR4_OSXSAVE);
        }
        *edx = with_bit(*edx, LEAF_1_EDX_APIC, in->apic_enabled);
        break;
    case 7:
        if (index == 0 && (e->ecx & LEAF_7_ECX_PKU)) {
            *ecx = with_bit(*ecx, LEAF_7_ECX_OSPKE,
                            in->cr4 & CR4_PKE);
        }
        break;
    case 0xd:
        if (index == 0) {
            *ebx = xsave_bytes(t, in->xcr0);
        }
        break;
    }
}
