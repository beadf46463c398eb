/*
 * A TLB that forgets only when it must.
 *
 * What an x86 guest sees of its TLB: a page-table entry that the TLB holds is
 * not read again, and its accessed and dirty bits are not set again, until the
 * guest flushes it (SDM volume 3, 4.10; APM volume 2, 5.5).  QEMU's softmmu TLB
 * forgets more: where two pages meet in one slot, when it is resized, which
 * follows host time, and at each VM exit.  So it is filled from this one, which
 * holds all translations since the last flush that a processor would do too.
 *
 * It holds pages of 4 KiB; a larger page is held in parts, as they are used.
 * Paging-structure caches are not modelled: each fill reads all levels.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CORE_TLB_H
#define RR_CORE_TLB_H

#include "cpu.h"

/* One translation: what mmu_translate() knows once it has read the tables. */
struct rr_tlb_entry {
    uint64_t page; /* linear address */
    uint64_t pte; /* the last level, with the bits that its use has set */
    const uint32_t *pte_host; /* its low half in RAM; NULL: not in RAM */
    uint64_t pte_address; /* guest-physical */
    uint64_t rights; /* PG_USER_MASK, PG_RW_MASK, PG_NX_MASK of all levels */
    uint32_t page_bytes; /* of the guest's page */
    bool global;
    uint32_t generation, local_generation; /* tlb.c */
};

struct rr_tlb;

/*
 * The accessed and dirty bits of page tables come from the log: TCG sets none.
 * Set before the first translation, and then fixed.
 */
extern bool rr_tlb_bits_are_logged;

/**
 * Give the CPU such a TLB, for good.  @tagged: it is that of SVM guests with
 * nested paging, tagged with their ASID, and the host's accesses do not use it.
 */
void rr_tlb_init(CPUX86State *env, bool tagged);

/** The TLB that the CPU's accesses use now; NULL: softmmu's alone. */
static inline struct rr_tlb *rr_tlb_of(const CPUX86State *env)
{
    return env->rr.tlb_is_tagged && !(env->hflags2 & HF2_NPT_MASK)
           ? NULL : env->rr.tlb;
}

/** The translation of @addr, or NULL; valid until the TLB changes. */
const struct rr_tlb_entry *rr_tlb_find(const struct rr_tlb *t, uint64_t addr);

/**
 * The translation of @addr does not allow an access, or is to become dirty:
 * forget it, the tables are to be read again.  If they turn out to hold another
 * translation, rr_tlb_insert() or rr_tlb_fault() makes softmmu forget it too.
 */
void rr_tlb_drop(struct rr_tlb *t, uint64_t addr);

/** The tables were read for an access, which they allow. */
void rr_tlb_insert(struct rr_tlb *t, CPUX86State *env,
                   const struct rr_tlb_entry *entry);

/** The tables were read for an access to @addr, which they do not allow. */
void rr_tlb_fault(struct rr_tlb *t, CPUX86State *env, uint64_t addr);

/**
 * Forget everything.  softmmu's TLB must be flushed with it, here and below;
 * QEMU does that already where the guest does one of these.
 */
void rr_tlb_flush(struct rr_tlb *t);

/** Nothing was inserted since the last rr_tlb_flush(). */
bool rr_tlb_is_empty(const struct rr_tlb *t);

/* Page-table entries whose bits the guest has cleared without a flush. */
struct rr_tlb_cleared {
    uint64_t entries;
    struct rr_tlb_entry first; /* if there is one */
    uint32_t first_now; /* low half of its page-table entry */
};

/**
 * Translations that are in use although their accessed or dirty bits are clear
 * now: a processor that has evicted one sets the bit again, this TLB does not.
 */
void rr_tlb_find_cleared(const struct rr_tlb *t, struct rr_tlb_cleared *found);

/** Likewise those that the guest itself has flushed since the last call. */
void rr_tlb_take_flushed(struct rr_tlb *t, struct rr_tlb_cleared *found);

/** CR3 was loaded: forget all but global pages. */
void rr_tlb_flush_local(struct rr_tlb *t);

/** INVLPG. */
void rr_tlb_flush_page(struct rr_tlb *t, CPUX86State *env, uint64_t addr);

/** The guest has written CR0 or CR4; @old is what it was before. */
void rr_tlb_cr0_written(struct rr_tlb *t, const CPUX86State *env,
                        uint64_t old);
void rr_tlb_cr4_written(struct rr_tlb *t, const CPUX86State *env,
                        uint64_t old);

/** VMRUN, with these fields of the VMCB.  #VMEXIT leaves a tagged TLB alone. */
void rr_tlb_vmrun(struct rr_tlb *t, uint32_t asid, uint8_t tlb_control);

#endif
