/*
 * The CPUID table of a trace: the argument of KVM_SET_CPUID2 when recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPUID_TABLE_H
#define RR_CPUID_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Layout of struct kvm_cpuid_entry2 (KVM API, 4.20). */
typedef struct RRCpuidEntry {
    uint32_t function, index, flags;
    uint32_t eax, ebx, ecx, edx;
    uint32_t padding[3];
} RRCpuidEntry;

typedef struct RRCpuidTable {
    RRCpuidEntry *entries; /* g_malloc()ed */
    uint32_t count;
} RRCpuidTable;

/* CPU state on which some CPUID bits depend. */
typedef struct RRCpuidInputs {
    uint64_t cr4, xcr0;
    bool apic_enabled;
} RRCpuidInputs;

/* The entry of a leaf and subleaf; NULL if the table has none. */
const RRCpuidEntry *rr_cpuid_find(const RRCpuidTable *t, uint32_t function,
                                  uint32_t index);

/*
 * Execute CPUID as KVM does (kvm_cpuid() and __kvm_update_cpuid_runtime() in
 * arch/x86/kvm/cpuid.c, Linux 6.1).
 */
void rr_cpuid_lookup(const RRCpuidTable *t, const RRCpuidInputs *in,
                     uint32_t function, uint32_t index, uint32_t *eax,
                     uint32_t *ebx, uint32_t *ecx, uint32_t *edx);

#endif
