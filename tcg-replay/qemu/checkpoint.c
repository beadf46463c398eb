/*
 * Checkpoints in memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/checkpoint.h"
#include "tcg-replay/qemu/pages.h"
#include "exec/cputlb.h"
#include "hw/core/cpu.h"
#include "qemu/bitmap.h"

#define EVERY_BRANCHES 32000000
#define EVERY_RECORDS 250000
#define MAX_CHECKPOINTS 1024

struct rr_checkpoint {
    uint64_t branches;
    CPUX86State env;
    uint32_t interrupt_request;
    struct rr_position position;
    struct rr_log_place *log;
};

struct rr_checkpoints {
    uint64_t limit_bytes;
    unsigned int count;
    struct rr_checkpoint *at[MAX_CHECKPOINTS]; /* in the order of the replay */
    GHashTable *pages[MAX_CHECKPOINTS]; /* of at[]: rr_pages_restore() */
    /* QEMU's dirty bits tell what was written since this one. */
    unsigned int current;
    uint64_t due_branches, due_records;
};

struct rr_checkpoints *rr_checkpoints_new(uint64_t limit_bytes)
{
    struct rr_checkpoints *all = g_new0(struct rr_checkpoints, 1);

    all->limit_bytes = limit_bytes;
    return all;
}

static uint64_t bytes_of(const struct rr_checkpoints *all, unsigned int i)
{
    return sizeof(*all->at[i]) + rr_pages_bytes(all->pages[i]) +
           rr_replay_log_place_bytes(all->at[i]->log);
}

bool rr_checkpoint_is_there(const struct rr_checkpoints *all)
{
    return all->count;
}

unsigned int rr_checkpoint_count(const struct rr_checkpoints *all,
                                 uint64_t *bytes)
{
    *bytes = 0;
    for (unsigned int i = 0; i < all->count; i++) {
        *bytes += bytes_of(all, i);
    }
    return all->count;
}

/* ---- the CPU ---- */

static void keep_cpu(struct rr_replay *r, struct rr_checkpoint *c)
{
    c->env = *r->host.env;
    c->interrupt_request = r->host.cpu->interrupt_request;
}

/* As QEMU does after a migration: the guest's breakpoints follow DR7. */
static void show_breakpoints(CPUX86State *env)
{
    target_ulong dr7 = env->dr[7];

    memset(env->cpu_breakpoint, 0, sizeof(env->cpu_breakpoint));
    env->dr[7] = dr7 & ~(target_ulong)(DR7_GLOBAL_BP_MASK | DR7_LOCAL_BP_MASK);
    cpu_x86_update_dr7(env, dr7);
}

static void restore_cpu(struct rr_replay *r, const struct rr_checkpoint *c)
{
    CPUX86State *env = r->host.env;
    CPUState *cpu = r->host.cpu;
    struct rr_tlb *tlb;

    cpu_breakpoint_remove_all(cpu, BP_CPU);
    cpu_watchpoint_remove_all(cpu, BP_CPU);
    *env = c->env;
    show_breakpoints(env);
    tlb = rr_tlb_of(env);
    if (tlb) {
        rr_tlb_flush(tlb);
    }
    tlb_flush(cpu);
    cpu->interrupt_request = c->interrupt_request;
    cpu->exception_index = -1;
    cpu->cflags_next_tb = -1;
    cpu->watchpoint_hit = NULL;
    cpu->halted = 0;
    rr_replay_stop_here(r);
}

/* ---- making one ---- */

static void free_checkpoint(struct rr_checkpoints *all, unsigned int i)
{
    rr_replay_log_place_free(all->at[i]->log);
    g_free(all->at[i]);
    g_hash_table_unref(all->pages[i]);
}

static void remove_at(struct rr_checkpoints *all, unsigned int i)
{
    free_checkpoint(all, i);
    all->count--;
    memmove(&all->at[i], &all->at[i + 1],
            (all->count - i) * sizeof(all->at[0]));
    memmove(&all->pages[i], &all->pages[i + 1],
            (all->count - i) * sizeof(all->pages[0]));
    if (all->current > i) {
        all->current--;
    }
}

/* Not the first one.  What only it has goes to the next one. */
static void drop(struct rr_replay *r, struct rr_checkpoints *all,
                 unsigned int i)
{
    if (i + 1 < all->count) {
        rr_pages_merge(all->pages[i + 1], all->pages[i]);
    } else if (i == all->current) {
        rr_pages_mark_written(r, all->pages[i]);
        all->current--;
    }
    remove_at(all, i);
}

/* The one whose neighbours are nearest to each other; 0: there is none. */
static unsigned int find_least(const struct rr_checkpoints *all)
{
    unsigned int least = 0;
    uint64_t least_gap = UINT64_MAX;

    for (unsigned int i = 1; i + 1 < all->count; i++) {
        uint64_t gap = all->at[i + 1]->branches - all->at[i - 1]->branches;

        if (i != all->current && gap < least_gap) {
            least_gap = gap;
            least = i;
        }
    }
    if (!least && all->count > 1 && all->current == all->count - 1) {
        least = all->current;
    }
    return least;
}

static uint64_t bounded_bytes(const struct rr_checkpoints *all)
{
    uint64_t bytes;

    rr_checkpoint_count(all, &bytes);
    return bytes - bytes_of(all, 0);
}

static void keep_within_limit(struct rr_replay *r, struct rr_checkpoints *all)
{
    unsigned int least;

    while (all->count == MAX_CHECKPOINTS ||
           bounded_bytes(all) > all->limit_bytes) {
        least = find_least(all);
        if (!least) {
            return;
        }
        drop(r, all, least);
    }
}

/* The last checkpoint at or before a place; there is one. */
static unsigned int find_last(const struct rr_checkpoints *all,
                              uint64_t branches, uint64_t records)
{
    unsigned int i = all->count - 1;

    while (i && (all->at[i]->branches > branches ||
                 (all->at[i]->branches == branches &&
                  all->at[i]->position.records > records))) {
        i--;
    }
    return i;
}

/* A TLB of our own is part of the state, and is not kept. */
static bool can_take(struct rr_replay *r)
{
    const struct rr_tlb *tlb = rr_tlb_of(r->host.env);

    return !rr_replay_is_over(r) && (!tlb || rr_tlb_is_empty(tlb));
}

static void insert(struct rr_checkpoints *all, unsigned int i,
                   struct rr_checkpoint *c, GHashTable *pages)
{
    memmove(&all->at[i + 1], &all->at[i],
            (all->count - i) * sizeof(all->at[0]));
    memmove(&all->pages[i + 1], &all->pages[i],
            (all->count - i) * sizeof(all->pages[0]));
    all->at[i] = c;
    all->pages[i] = pages;
    all->count++;
    all->current = i;
}

static void note_due(struct rr_checkpoints *all, unsigned int last)
{
    all->due_branches = all->at[last]->branches + EVERY_BRANCHES;
    all->due_records = all->at[last]->position.records + EVERY_RECORDS;
}

void rr_checkpoint_take(struct rr_replay *r, struct rr_checkpoints *all)
{
    uint64_t branches = rr_replay_branches(r);
    struct rr_checkpoint *c;
    struct rr_log_place *log;
    unsigned int i = 0;

    if (all->count) {
        i = find_last(all, branches, r->position.records);
        if (all->at[i]->branches == branches &&
            all->at[i]->position.records == r->position.records) {
            return;
        }
        i++;
    }
    log = can_take(r) ? rr_replay_mark_log(r) : NULL;
    if (!log) {
        return;
    }
    c = g_new0(struct rr_checkpoint, 1);
    c->branches = branches;
    c->position = r->position;
    c->log = log;
    keep_cpu(r, c);
    insert(all, i, c, rr_pages_new());
    if (i) {
        rr_pages_add_written(r, all->pages[i]);
    } else {
        rr_pages_add_all(r, all->pages[i]);
    }
    note_due(all, i);
    keep_within_limit(r, all);
}

void rr_checkpoint_take_if_due(struct rr_replay *r, struct rr_checkpoints *all)
{
    uint64_t branches = rr_replay_branches(r);

    if (branches < all->due_branches &&
        r->position.records < all->due_records && all->count) {
        return;
    }
    if (all->count) {
        note_due(all, find_last(all, branches, r->position.records));
    }
    if (!all->count || branches >= all->due_branches ||
        r->position.records >= all->due_records) {
        rr_checkpoint_take(r, all);
    }
}

/* ---- going to one ---- */

static void restore_slots(struct rr_replay *r, const struct rr_position *to)
{
    for (unsigned int i = 0; i < RR_MAX_SLOTS; i++) {
        if (memcmp(&r->position.slots[i], &to->slots[i],
                   sizeof(to->slots[i]))) {
            set_bit(i, r->host.stale_slots);
        }
    }
}

bool rr_checkpoint_return(struct rr_replay *r, struct rr_checkpoints *all,
                          uint64_t branches, struct rr_checkpoint_place *place)
{
    unsigned int i = find_last(all, branches, UINT64_MAX);
    const struct rr_checkpoint *c = all->at[i];
    unsigned int from = all->current;

    rr_pages_restore(r, all->pages, MIN(i, from) + 1, MAX(i, from), i);
    all->current = i;
    restore_slots(r, &c->position);
    r->position = c->position;
    rr_replay_show_slots(r);
    restore_cpu(r, c);
    r->report.recent_count = 0;
    r->report.near_miss_valid = false;
    note_due(all, i);
    *place = (struct rr_checkpoint_place){
        .branches = c->branches,
        .records = c->position.records,
        .is_first = !i,
    };
    return rr_replay_return_log(r, c->log) == RR_GO_ON;
}
