/*
 * The memory of a loop without a conditional branch, and return addresses:
 * where in RAM they are.
 *
 * The guest's page tables are read as a debugger reads them: no bit of them
 * changes.  loop.c has the loop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "qemu/bswap.h"

#define PAGE_BYTES RRLOG_PAGE_BYTES
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000) /* SDM vol. 3, 4.4 and 4.5 */

/* How the guest sees its memory. */
struct view {
    const struct rr_recorder *recorder;
    uint64_t cr0, cr3, cr4, efer;
    bool is_64, is_32; /* the code segment's L and D/B */
    uint64_t base[RR_SEGMENTS];
};

static void view_from_env(struct view *w, const CPUX86State *env)
{
    w->cr0 = env->cr[0];
    w->cr3 = env->cr[3];
    w->cr4 = env->cr[4];
    w->efer = env->efer;
    w->is_64 = env->hflags & HF_CS64_MASK;
    w->is_32 = env->hflags & HF_CS32_MASK;
    for (int i = 0; i < RR_SEGMENTS; i++) {
        w->base[i] = env->segs[i].base; /* R_ES is RR_SEGMENT_ES and so on */
    }
}

static bool view_from_kvm(struct view *w, CPUState *cpu)
{
    struct kvm_sregs s;

    if (kvm_vcpu_ioctl(cpu, KVM_GET_SREGS, &s) < 0) {
        return false;
    }
    w->cr0 = s.cr0;
    w->cr3 = s.cr3;
    w->cr4 = s.cr4;
    w->efer = s.efer;
    w->is_64 = (s.efer & MSR_EFER_LMA) && s.cs.l;
    w->is_32 = s.cs.db;
    w->base[RR_SEGMENT_ES] = s.es.base;
    w->base[RR_SEGMENT_CS] = s.cs.base;
    w->base[RR_SEGMENT_SS] = s.ss.base;
    w->base[RR_SEGMENT_DS] = s.ds.base;
    w->base[RR_SEGMENT_FS] = s.fs.base;
    w->base[RR_SEGMENT_GS] = s.gs.base;
    return true;
}

static bool view_open(struct view *w, struct rr_vcpu *v)
{
    *w = (struct view) { .recorder = v->recorder };
    if (v->cpu->vcpu_dirty) {
        view_from_env(w, cpu_env(v->cpu));
    } else if (!view_from_kvm(w, v->cpu)) {
        return false;
    }
    if (w->is_64) {
        w->base[RR_SEGMENT_ES] = w->base[RR_SEGMENT_CS] = 0;
        w->base[RR_SEGMENT_SS] = w->base[RR_SEGMENT_DS] = 0;
    }
    return true;
}

/* The byte at @gpa; the rest of its page follows.  False: none of RAM. */
static bool find_byte(const struct rr_recorder *r, hwaddr gpa,
                      struct rr_loop_memory *found)
{
    for (int i = 0; i < r->slot_count; i++) {
        const struct rr_slot *sl = &r->slots[i];

        if (sl->size && gpa - sl->gpa < sl->size) {
            found->block = sl->block;
            found->offset = sl->offset + (gpa - sl->gpa);
            return true;
        }
    }
    return false;
}

/* An entry of a page table, of 4 or 8 bytes; 0 is an absent one. */
static uint64_t entry_at(const struct view *w, hwaddr gpa, unsigned int bytes)
{
    struct rr_loop_memory at;

    if (!find_byte(w->recorder, gpa, &at)) {
        return 0;
    }
    return ldn_le_p(at.block->host + at.offset, bytes);
}

/* Entries of 4 bytes: SDM vol. 3, 4.3. */
static bool translate_32(const struct view *w, uint64_t linear, hwaddr *gpa)
{
    uint64_t entry = entry_at(w, (w->cr3 & 0xfffff000) + (linear >> 22) * 4, 4);

    if ((entry & PG_PRESENT_MASK) && (entry & PG_PSE_MASK) &&
        (w->cr4 & CR4_PSE_MASK)) {
        *gpa = (entry & 0xffc00000) | extract64(entry, 13, 8) << 32 |
               (linear & 0x3fffff);
        return true;
    }
    if (entry & PG_PRESENT_MASK) {
        entry = entry_at(w, (entry & 0xfffff000) +
                            extract64(linear, 12, 10) * 4, 4);
    }
    *gpa = (entry & 0xfffff000) | (linear & 0xfff);
    return entry & PG_PRESENT_MASK;
}

static bool translate(const struct view *w, uint64_t linear, hwaddr *gpa)
{
    bool is_long = w->efer & MSR_EFER_LMA;
    uint64_t table = w->cr3 & (is_long ? ENTRY_ADDRESS : 0xffffffe0);
    int level = is_long ? 3 : 2;

    *gpa = linear;
    if (!(w->cr0 & CR0_PG_MASK)) {
        return true;
    }
    if (!(w->cr4 & CR4_PAE_MASK)) {
        return translate_32(w, linear, gpa);
    }
    for (;; level--) {
        unsigned int shift = 12 + 9 * level;
        uint64_t entry = entry_at(w, table + extract64(linear, shift, 9) * 8,
                                  8);

        if (!(entry & PG_PRESENT_MASK)) {
            return false;
        }
        table = entry & ENTRY_ADDRESS;
        if (!level || (entry & PG_PSE_MASK)) {
            uint64_t in_page = (UINT64_C(1) << shift) - 1;

            *gpa = (table & ~in_page) | (linear & in_page);
            return true;
        }
    }
}

/* The first part of @bytes bytes at @linear, up to the end of a page. */
static bool find_part(const struct view *w, uint64_t linear, size_t bytes,
                      struct rr_loop_memory *part)
{
    hwaddr gpa;

    part->bytes = MIN(bytes, PAGE_BYTES - linear % PAGE_BYTES);
    return translate(w, linear, &gpa) && find_byte(w->recorder, gpa, part);
}

static size_t read_linear(void *opaque, uint64_t linear, void *data,
                          size_t bytes)
{
    struct rr_loop_memory part;
    size_t done = 0;

    while (done < bytes && find_part(opaque, linear + done, bytes - done,
                                     &part)) {
        memcpy(data + done, part.block->host + part.offset, part.bytes);
        done += part.bytes;
    }
    return done;
}

static void put_ranges(const struct view *w, const struct rr_loop_found *found,
                       struct rr_loop_place *place)
{
    for (size_t i = 0; i < found->range_count; i++) {
        uint64_t linear = found->ranges[i].linear;
        uint64_t end = linear + found->ranges[i].bytes;

        while (linear < end) { /* two parts at most */
            place->part_count += find_part(w, linear, end - linear,
                                           &place->parts[place->part_count]);
            linear += MIN(end - linear, PAGE_BYTES - linear % PAGE_BYTES);
        }
    }
}

/* A word in two pages or in another block than the first is left out. */
static void put_words(const struct view *w, const struct rr_loop_found *found,
                      struct rr_loop_place *place)
{
    struct rr_loop_memory at;

    for (size_t i = 0; i < found->word_count; i++) {
        if (!find_part(w, found->words[i], place->word_bytes, &at) ||
            at.bytes < place->word_bytes ||
            (place->word_count && at.block != place->word_block)) {
            continue;
        }
        place->word_block = at.block;
        stq_le_p(&place->words[place->word_count][0], at.offset);
        stq_le_p(&place->words[place->word_count++][1],
                 ldn_le_p(at.block->host + at.offset, at.bytes));
    }
}

void rr_loop_memory(struct rr_vcpu *v, const struct rr_landmark *lm,
                    struct rr_loop_place *place)
{
    struct rr_loop_guest guest = { .landmark = lm, .read = read_linear };
    struct rr_loop_found found;
    struct view view;

    place->part_count = place->word_count = 0;
    if (rr_loop_is_known(v->loop_decoder, lm) || !view_open(&view, v)) {
        return;
    }
    guest.opaque = &view;
    guest.code_bits = view.is_64 ? 64 : view.is_32 ? 32 : 16;
    memcpy(guest.base, view.base, sizeof(guest.base));
    rr_loop_find(&v->loop_decoder, &guest, &found);
    place->word_bytes = guest.code_bits / 8;
    put_ranges(&view, &found, place);
    put_words(&view, &found, place);
}
