/*
 * The page-directory pointers of PAE paging: loaded and checked at writes of
 * control registers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "common/core/pdptes.h"

#define COUNT 4
#define CR0_LOADS (CR0_PG_MASK | CR0_CD_MASK | CR0_NW_MASK)
#define CR4_LOADS (CR4_PAE_MASK | CR4_PSE_MASK | CR4_PGE_MASK | CR4_SMEP_MASK)

static bool loads(const CPUX86State *env, int reg, target_ulong value)
{
    target_ulong cr0 = reg == 0 ? value : env->cr[0];
    target_ulong cr4 = reg == 4 ? value : env->cr[4];

    if (!(cr0 & CR0_PG_MASK) || !(cr4 & CR4_PAE_MASK) ||
        env->efer & MSR_EFER_LME) {
        return false;
    }
    switch (reg) {
    case 0:
        return (value ^ env->cr[0]) & CR0_LOADS;
    case 3:
        return env->rr_keeps_pdptes;
    case 4:
        return (value ^ env->cr[4]) & CR4_LOADS;
    default:
        return false;
    }
}

/* Bits 1, 2, 5 to 8, and those above the physical address (SDM, table 4-8). */
static uint64_t reserved_bits(CPUX86State *env)
{
    return MAKE_64BIT_MASK(1, 2) | MAKE_64BIT_MASK(5, 4) |
           ~MAKE_64BIT_MASK(0, env_archcpu(env)->phys_bits);
}

bool rr_pdptes_load(CPUX86State *env, int reg, target_ulong value)
{
    hwaddr at = (reg == 3 ? value : env->cr[3]) & 0xffffffe0;
    uint64_t pointers[COUNT];

    if (!loads(env, reg, value)) {
        return true;
    }
    for (int i = 0; i < COUNT; i++) {
        pointers[i] = x86_ldq_phys(env_cpu(env), at + 8 * i);
        if (pointers[i] & PG_PRESENT_MASK &&
            pointers[i] & reserved_bits(env)) {
            return false;
        }
    }
    if (env->rr_keeps_pdptes) {
        memcpy(env->pdptrs, pointers, sizeof(pointers));
    }
    return true;
}
