/*
 * Accessed and dirty bits, as a cause of a divergence.
 *
 * Processors set these bits in page-table entries when they fill their TLB, and
 * a guest that clears one without a flush cannot know whether it will be set
 * again (SDM volume 3, 4.10.4.2; APM volume 2, 5.5.2).  TCG's TLB holds other
 * entries than the processor's.  If a replay has diverged and its TLB still
 * translates by entries whose bits are clear, then the guest has cleared them
 * without a flush, and the report says so.
 *
 * With a trace of --paging flush both TLBs hold the same, unless the processor
 * has evicted an entry.  By the time that this shows, the guest may have
 * flushed; so the replayer looks whenever it flushes itself or the guest does,
 * and keeps what it found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/cpu-all.h"
#include "exec/tlb-common.h"
#include "exec/address-spaces.h"

#define PTE_ADDRESS 0x000ffffffffff000ull

typedef struct Search {
    const struct rr_host *host;
    uint64_t entries; /* found */
    vaddr first_page;
    hwaddr first_entry;
    uint64_t first_value;
    uint64_t left; /* entries that may still be looked at */
} Search;

/* TCG has the translation of @page for @access, in any mode of the CPU. */
static bool is_in_tlb(const struct rr_host *host, vaddr page,
                      MMUAccessType access)
{
    CPUTLB *tlb = &host->cpu->neg.tlb;

    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        CPUTLBDescFast *fast = &tlb->f[mode];
        size_t entries = (fast->mask >> CPU_TLB_ENTRY_BITS) + 1;
        CPUTLBEntry *e = &fast->table[(page >> TARGET_PAGE_BITS) &
                                      (entries - 1)];
        uint64_t has = e->addr_idx[access];

        if ((has & (TARGET_PAGE_MASK | TLB_INVALID_MASK)) == page) {
            return true;
        }
    }
    return false;
}

static void check_entry(Search *s, vaddr page, hwaddr at, uint64_t pte)
{
    bool accessed = !(pte & PG_ACCESSED_MASK) &&
                    is_in_tlb(s->host, page, MMU_DATA_LOAD);
    bool dirty = !(pte & PG_DIRTY_MASK) &&
                 is_in_tlb(s->host, page, MMU_DATA_STORE);

    if (!accessed && !dirty) {
        return;
    }
    if (!s->entries++) {
        s->first_page = page;
        s->first_entry = at;
        s->first_value = pte;
    }
}

static void check_table(Search *s, hwaddr table, int level, int entry_bytes,
                 vaddr base)
{
    const CPUX86State *env = s->host->env;
    int shift = 12 + level * (entry_bytes == 8 ? 9 : 10);
    int count = TARGET_PAGE_SIZE / entry_bytes;
    bool is_pdpt = entry_bytes == 8 && level == 2 &&
                   !(env->efer & MSR_EFER_LMA);

    if (is_pdpt) {
        count = 4;
    }
    for (int i = 0; i < count && s->left; i++, s->left--) {
        hwaddr at = table + i * entry_bytes;
        vaddr page = base + ((vaddr)i << shift);
        uint64_t pte = 0;

        if (address_space_read(&address_space_memory, at,
                               MEMTXATTRS_UNSPECIFIED, &pte, entry_bytes) ||
            !(pte & PG_PRESENT_MASK)) {
            continue;
        }
        if (env->efer & MSR_EFER_LMA && level == 3 && i >= 256) {
            page |= ~0ull << 48; /* canonical */
        }
        if (level == 0 || ((pte & PG_PSE_MASK) && !is_pdpt)) {
            check_entry(s, page, at, pte);
        } else {
            check_table(s, pte & PTE_ADDRESS, level - 1, entry_bytes, page);
        }
    }
}

/* What is kept is a cause of what happens soon after. */
#define MAX_LANDMARKS_AGO 10000

static void note(const struct rr_replay *r, struct rr_cleared_note *note,
                 const struct rr_tlb_cleared *found)
{
    if (found->entries) {
        note->found = *found;
        note->record = r->position.records;
        note->landmark = r->position.landmarks;
    }
}

void rr_replay_note_adbits(struct rr_replay *r)
{
    struct rr_tlb *tlb = rr_tlb_of(r->host.env);
    struct rr_tlb_cleared found;

    rr_tlb_find_cleared(tlb, &found);
    note(r, &r->report.cleared, &found);
    rr_tlb_take_flushed(tlb, &found);
    note(r, &r->report.cleared_and_flushed, &found);
}

static void print_cause(uint64_t entries, const char *when, hwaddr at,
                        uint64_t value, vaddr page)
{
    fprintf(stderr, "rr-replay: possible cause: the guest has cleared accessed "
            "or dirty bits of %" PRIu64 " page-table entries without a TLB "
            "flush%s (the first at GPA 0x%" HWADDR_PRIx ", 0x%" PRIx64 ", of "
            "page 0x%" VADDR_PRIx "); processors and TCG set them again at "
            "different moments. See docs/hazards.md, number 9\n", entries,
            when, at, value, page);
}

static void report_noted(const struct rr_replay *r,
                         const struct rr_cleared_note *n, const char *since)
{
    const struct rr_tlb_cleared *c = &n->found;
    uint64_t records = r->position.records - n->record;
    g_autofree char *when = g_strdup_printf(", %" PRIu64 " records ago%s",
                                            records, since);

    if (c->entries &&
        r->position.landmarks - n->landmark <= MAX_LANDMARKS_AGO) {
        print_cause(c->entries, when, c->first.pte_address, c->first_now,
                    c->first.page);
    }
}

void rr_replay_report_adbits(struct rr_replay *r)
{
    const CPUX86State *env = r->host.env;
    Search s = { .host = &r->host, .left = 1 << 22 };

    if (rr_tlb_of(env)) {
        rr_replay_note_adbits(r);
        report_noted(r, &r->report.cleared, "");
        report_noted(r, &r->report.cleared_and_flushed,
                     ", and has flushed them since");
        return;
    }
    if (!(env->cr[0] & CR0_PG_MASK) || (env->cr[4] & CR4_LA57_MASK)) {
        return;
    }
    if (env->efer & MSR_EFER_LMA) {
        check_table(&s, env->cr[3] & PTE_ADDRESS, 3, 8, 0);
    } else if (env->cr[4] & CR4_PAE_MASK) {
        check_table(&s, env->cr[3] & 0xffffffe0, 2, 8, 0);
    } else {
        check_table(&s, env->cr[3] & 0xfffff000, 1, 4, 0);
    }
    if (s.entries) {
        print_cause(s.entries, "", s.first_entry, s.first_value, s.first_page);
    }
}
