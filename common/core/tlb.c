/*
 * A TLB that forgets only when it must: a hash table of translations.
 *
 * An entry is valid if its generations are the table's: a flush only counts
 * them up.  Slots are probed one after the other until one that is free, whose
 * generation is older than the last full flush; an entry that was dropped, or
 * was local at a load of CR3, still takes its slot.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "common/core/tlb.h"
#include "exec/cputlb.h"
#include "svm.h"

#define MIN_SLOTS 1024u

/*
 * Pages that are not addresses: parts of large pages are near this address, so
 * that INVLPG has to look for them.  Bits 0 to 11 of true ones are clear.
 */
#define MARK_4M 1
#define MARK_1G 2
#define NO_PAGE 3

#define BYTES_4M (4u << 20)
#define BYTES_1G (1u << 30)

struct rr_tlb {
    struct rr_tlb_entry *slots;
    uint32_t mask; /* slots in use, less one */
    uint32_t allocated; /* slots */
    uint32_t taken; /* slots since the last full flush */
    uint32_t *used; /* their numbers */
    uint32_t local_from; /* used[] before has no local translation */
    uint32_t generation, local_generation;
    uint32_t asid; /* if tagged */
    struct rr_tlb_entry dropped; /* page NO_PAGE: none */
    struct rr_tlb_cleared flushed; /* by the guest, not yet taken */
};

bool rr_tlb_bits_are_logged;

static void allocate(struct rr_tlb *t, uint32_t slots)
{
    t->slots = g_new0(struct rr_tlb_entry, slots);
    t->used = g_new(uint32_t, slots);
    t->allocated = slots;
    t->mask = slots - 1;
    t->taken = t->local_from = 0;
}

void rr_tlb_init(CPUX86State *env, bool tagged)
{
    struct rr_tlb *t = g_new0(struct rr_tlb, 1);

    allocate(t, MIN_SLOTS);
    t->generation = 1;
    t->dropped.page = NO_PAGE;
    env->rr.tlb = t;
    env->rr.tlb_is_tagged = tagged;
}

static bool is_free(const struct rr_tlb *t, const struct rr_tlb_entry *e)
{
    return e->generation != t->generation;
}

/* Of an entry whose slot is not free. */
static bool is_valid(const struct rr_tlb *t, const struct rr_tlb_entry *e)
{
    return e->page != NO_PAGE &&
           (e->global || e->local_generation == t->local_generation);
}

static uint32_t first_slot(const struct rr_tlb *t, uint64_t page)
{
    return (page * 0x9e3779b97f4a7c15ull >> 32) & t->mask;
}

static struct rr_tlb_entry *find_entry(const struct rr_tlb *t, uint64_t page)
{
    for (uint32_t i = first_slot(t, page);; i = (i + 1) & t->mask) {
        struct rr_tlb_entry *e = &t->slots[i];

        if (is_free(t, e)) {
            return NULL;
        }
        if (e->page == page && is_valid(t, e)) {
            return e;
        }
    }
}

static void put(struct rr_tlb *t, const struct rr_tlb_entry *entry)
{
    uint32_t i = first_slot(t, entry->page);

    while (!is_free(t, &t->slots[i])) {
        i = (i + 1) & t->mask;
    }
    t->slots[i] = *entry;
    t->slots[i].generation = t->generation;
    t->slots[i].local_generation = t->local_generation;
    t->used[t->taken++] = i;
}

/* Leave out the entries that only take slots; double the table if need be. */
static void rebuild(struct rr_tlb *t)
{
    struct rr_tlb_entry *old = t->slots;
    g_autofree uint32_t *old_used = t->used;
    uint32_t old_slots = t->mask + 1, valid = 0;

    for (uint32_t i = 0; i < old_slots; i++) {
        valid += !is_free(t, &old[i]) && is_valid(t, &old[i]);
    }
    allocate(t, valid > old_slots / 4 ? old_slots * 2 : old_slots);
    for (uint32_t i = 0; i < old_slots; i++) {
        if (!is_free(t, &old[i]) && is_valid(t, &old[i])) {
            put(t, &old[i]);
        }
    }
    g_free(old);
}

const struct rr_tlb_entry *rr_tlb_find(const struct rr_tlb *t, uint64_t addr)
{
    return find_entry(t, addr & TARGET_PAGE_MASK);
}

static void forget(struct rr_tlb_entry *e)
{
    if (e) {
        e->page = NO_PAGE;
    }
}

void rr_tlb_drop(struct rr_tlb *t, uint64_t addr)
{
    struct rr_tlb_entry *e = find_entry(t, addr & TARGET_PAGE_MASK);

    if (e) {
        t->dropped = *e;
        forget(e);
    }
}

/* softmmu has what was dropped, in any mode: is that true no more? */
static bool is_stale(const struct rr_tlb_entry *dropped,
                     const struct rr_tlb_entry *now)
{
    uint64_t ignored = PG_ACCESSED_MASK | PG_DIRTY_MASK;

    return ((dropped->pte ^ now->pte) & ~ignored) ||
           dropped->rights != now->rights ||
           dropped->page_bytes != now->page_bytes;
}

void rr_tlb_insert(struct rr_tlb *t, CPUX86State *env,
                   const struct rr_tlb_entry *entry)
{
    if (t->taken > t->mask / 2) {
        rebuild(t);
    }
    put(t, entry);
    if (entry->page_bytes > TARGET_PAGE_SIZE) {
        bool giant = entry->page_bytes > BYTES_4M;
        struct rr_tlb_entry mark = {
            .page = giant ? (entry->page & -(uint64_t)BYTES_1G) | MARK_1G
                          : (entry->page & -(uint64_t)BYTES_4M) | MARK_4M,
            .global = true,
        };

        if (!find_entry(t, mark.page)) {
            put(t, &mark);
        }
    }
    if (t->dropped.page == entry->page && is_stale(&t->dropped, entry)) {
        tlb_flush_page(env_cpu(env), entry->page);
    }
    t->dropped.page = NO_PAGE;
}

void rr_tlb_fault(struct rr_tlb *t, CPUX86State *env, uint64_t addr)
{
    if (t->dropped.page == (addr & TARGET_PAGE_MASK)) {
        tlb_flush_page(env_cpu(env), t->dropped.page);
    }
    t->dropped.page = NO_PAGE;
}

void rr_tlb_flush(struct rr_tlb *t)
{
    /* A table that has become too large makes cache misses. */
    if (t->mask >= MIN_SLOTS && t->taken < t->mask / 32) {
        t->mask /= 2;
    }
    t->taken = t->local_from = 0;
    t->dropped.page = NO_PAGE;
    if (!++t->generation) {
        memset(t->slots, 0, t->allocated * sizeof(*t->slots));
        t->generation = 1;
    }
}

static bool is_cleared(const struct rr_tlb_entry *e)
{
    uint32_t bits = PG_ACCESSED_MASK | (e->pte & PG_DIRTY_MASK);
    uint32_t now = e->pte_host ? qatomic_read(e->pte_host) : 0;

    return (now & PG_PRESENT_MASK) && (now & bits) != bits;
}

static void add_if_cleared(struct rr_tlb_cleared *found,
                           const struct rr_tlb_entry *e)
{
    if (!is_cleared(e)) {
        return;
    }
    if (!found->entries++) {
        found->first = *e;
        found->first_now = qatomic_read(e->pte_host);
    }
}

/* In used[@from] and later; @local: leave out global pages. */
static void find_cleared(const struct rr_tlb *t, uint32_t from, bool local,
                         struct rr_tlb_cleared *found)
{
    for (uint32_t i = from; i < t->taken; i++) {
        const struct rr_tlb_entry *e = &t->slots[t->used[i]];

        if (is_valid(t, e) && !(local && e->global)) {
            add_if_cleared(found, e);
        }
    }
}

void rr_tlb_find_cleared(const struct rr_tlb *t, struct rr_tlb_cleared *found)
{
    found->entries = 0;
    find_cleared(t, 0, false, found);
}

void rr_tlb_take_flushed(struct rr_tlb *t, struct rr_tlb_cleared *found)
{
    *found = t->flushed;
    t->flushed.entries = 0;
}

bool rr_tlb_is_empty(const struct rr_tlb *t)
{
    return !t->taken;
}

void rr_tlb_flush_local(struct rr_tlb *t)
{
    find_cleared(t, t->local_from, true, &t->flushed);
    t->local_from = t->taken;
    t->local_generation++;
    if (!t->local_generation) {
        rr_tlb_flush(t);
    }
}

static void flush_entry(struct rr_tlb *t, struct rr_tlb_entry *e)
{
    if (e) {
        add_if_cleared(&t->flushed, e);
        forget(e);
    }
}

/* The parts of the large page that has @addr. */
static void flush_parts(struct rr_tlb *t, uint64_t addr)
{
    uint64_t first = addr & -(uint64_t)BYTES_4M;

    for (uint32_t at = 0; at < BYTES_4M; at += TARGET_PAGE_SIZE) {
        struct rr_tlb_entry *e = find_entry(t, first + at);

        if (e && !((e->page ^ addr) & -(uint64_t)e->page_bytes)) {
            flush_entry(t, e);
        }
    }
}

/* The guest flushes everything. */
static void flush_global(struct rr_tlb *t)
{
    find_cleared(t, 0, false, &t->flushed);
    rr_tlb_flush(t);
}

void rr_tlb_flush_page(struct rr_tlb *t, CPUX86State *env, uint64_t addr)
{
    flush_entry(t, find_entry(t, addr & TARGET_PAGE_MASK));
    if (find_entry(t, (addr & -(uint64_t)BYTES_4M) | MARK_4M)) {
        flush_parts(t, addr);
    }
    if (find_entry(t, (addr & -(uint64_t)BYTES_1G) | MARK_1G)) {
        flush_global(t);
        tlb_flush(env_cpu(env));
    }
}

/* SDM volume 3, 4.10.4.1. */
void rr_tlb_cr0_written(struct rr_tlb *t, const CPUX86State *env,
                        uint64_t old)
{
    if ((old ^ env->cr[0]) & CR0_PG_MASK) {
        flush_global(t);
    }
}

void rr_tlb_cr4_written(struct rr_tlb *t, const CPUX86State *env,
                        uint64_t old)
{
    if ((old ^ env->cr[4]) & (CR4_PGE_MASK | CR4_PAE_MASK | CR4_PSE_MASK |
                              CR4_SMEP_MASK | CR4_LA57_MASK)) {
        flush_global(t);
    }
}

void rr_tlb_vmrun(struct rr_tlb *t, uint32_t asid, uint8_t tlb_control)
{
    if (tlb_control != TLB_CONTROL_DO_NOTHING || t->asid != asid) {
        rr_tlb_flush(t);
        t->asid = asid;
    }
}
