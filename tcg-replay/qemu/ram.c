/*
 * Guest RAM: blocks, memory slots, DMA, digests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/pages.h"
#include "common/cli/safe-text.h"
#include "common/logfmt/base/hash.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"

static bool has_range(const struct rr_replay *r, uint64_t id, uint64_t offset,
                      uint64_t bytes)
{
    uint64_t size_bytes;

    if (id >= r->host.block_count) {
        return false;
    }
    size_bytes = memory_region_size(&r->host.blocks[id]);
    return offset <= size_bytes && bytes <= size_bytes - offset;
}

/* The block, if it has this range; else NULL, and the replay has diverged. */
static MemoryRegion *find_block(struct rr_replay *r, uint64_t id,
                                uint64_t offset, uint64_t bytes,
                                const char *what)
{
    if (id >= r->host.block_count) {
        rr_replay_diverged(r, "%s: no RAM block %" PRIu64, what, id);
        return NULL;
    }
    if (!has_range(r, id, offset, bytes)) {
        rr_replay_diverged(r, "%s: beyond the end of RAM block %" PRIu64, what,
                           id);
        return NULL;
    }
    return &r->host.blocks[id];
}

static uint8_t *block_bytes(MemoryRegion *block, uint64_t offset)
{
    return (uint8_t *)memory_region_get_ram_ptr(block) + offset;
}

enum rr_outcome rr_replay_apply_dma(struct rr_replay *r,
                                    const struct rrlog_record *rec)
{
    uint64_t offset = rec->dma.offset;
    MemoryRegion *block = find_block(r, rec->dma.block, offset,
                                     rec->data_bytes, "dma");
    ram_addr_t addr;

    if (!block) {
        return RR_DIVERGED;
    }
    if (!rec->data_bytes) {
        return RR_GO_ON;
    }
    memcpy(block_bytes(block, offset), rec->data, rec->data_bytes);
    addr = memory_region_get_ram_addr(block) + offset;
    tb_invalidate_phys_range(addr, addr + rec->data_bytes - 1);
    if (r->debugger.travel) { /* checkpoints ask what was written */
        rr_pages_note_write(addr, rec->data_bytes);
    }
    return RR_GO_ON;
}

static uint64_t load_word(const uint8_t *from, uint64_t bytes)
{
    switch (bytes) {
    case 2:
        return lduw_le_p(from);
    case 4:
        return (uint32_t)ldl_le_p(from);
    default:
        return ldq_le_p(from);
    }
}

bool rr_replay_has_words(const struct rr_replay *r,
                         const struct rrlog_record *rec)
{
    const uint8_t *data = rec->data; /* may not be aligned */
    uint64_t id = rec->words.block, bytes = rec->words.size;

    for (size_t i = 0; i < rec->data_bytes; i += RRLOG_WORD_BYTES) {
        uint64_t offset = ldq_le_p(data + i);

        if (!has_range(r, id, offset, bytes) ||
            load_word(block_bytes(&r->host.blocks[id], offset), bytes) !=
            (uint64_t)ldq_le_p(data + i + RRLOG_WORD_BYTES / 2)) {
            return false;
        }
    }
    return true;
}

/*
 * The alias of slot @number, made anew, replaces the one there was.  Returns
 * that, which the memory map may use until the transaction is over.
 */
static MemoryRegion *show_slot(struct rr_replay *r, unsigned int number)
{
    const struct rr_memory_slot *slot = &r->position.slots[number];
    g_autofree char *name = g_strdup_printf("rr-slot%u", number);
    MemoryRegion *old = r->host.slots[number], *alias = NULL;

    if (old) {
        memory_region_del_subregion(get_system_memory(), old);
        object_unparent(OBJECT(old));
    }
    if (slot->size_bytes) {
        alias = g_new0(MemoryRegion, 1);
        memory_region_init_alias(alias, NULL, name,
                                 &r->host.blocks[slot->block],
                                 slot->offset_bytes, slot->size_bytes);
        memory_region_set_readonly(alias, slot->readonly);
        memory_region_add_subregion_overlap(get_system_memory(), slot->gpa,
                                            alias, 1);
    }
    r->host.slots[number] = alias;
    return old;
}

void rr_replay_show_slots(struct rr_replay *r)
{
    g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
    unsigned long number;

    if (bitmap_empty(r->host.stale_slots, RR_MAX_SLOTS)) {
        return;
    }
    memory_region_transaction_begin();
    number = find_first_bit(r->host.stale_slots, RR_MAX_SLOTS);
    while (number < RR_MAX_SLOTS) {
        g_ptr_array_add(old, show_slot(r, number));
        number = find_next_bit(r->host.stale_slots, RR_MAX_SLOTS, number + 1);
    }
    memory_region_transaction_commit();
    bitmap_zero(r->host.stale_slots, RR_MAX_SLOTS);
}

enum rr_outcome rr_replay_apply_slot(struct rr_replay *r,
                                     const struct rrlog_record *rec)
{
    uint64_t number = rec->slot.slot;

    if (number >= RR_MAX_SLOTS) {
        return rr_replay_diverged(r, "memory slot %" PRIu64, number);
    }
    if (rec->slot.size &&
        !find_block(r, rec->slot.block, rec->slot.offset, rec->slot.size,
                    "slot")) {
        return RR_DIVERGED;
    }
    r->position.slots[number] = (struct rr_memory_slot){
        .gpa = rec->slot.gpa,
        .size_bytes = rec->slot.size,
        .offset_bytes = rec->slot.offset,
        .block = rec->slot.block,
        .readonly = rec->slot.flags & 1,
    };
    set_bit(number, r->host.stale_slots);
    return RR_GO_ON;
}

static void compare_region(struct rr_replay *r, MemoryRegion *block,
                           uint64_t offset, uint64_t bytes, uint64_t expected)
{
    g_autofree char *name = NULL;

    if (XXH3_64bits(block_bytes(block, offset), bytes) == expected) {
        return;
    }
    r->position.digest_errors++;
    name = rr_safe_text(memory_region_name(block));
    fprintf(stderr, "rr-replay: RAM differs at the end: block %s, bytes 0x%"
            PRIx64 " to 0x%" PRIx64 "\n", name, offset, offset + bytes - 1);
}

enum rr_outcome rr_replay_apply_pte_bits(struct rr_replay *r,
                                         const struct rrlog_record *rec)
{
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    hwaddr at = rec->pte_bits.gpa; /* both bits are in the first byte */
    uint8_t value;

    if ((rec->pte_bits.bits & ~(uint64_t)(PG_ACCESSED_MASK | PG_DIRTY_MASK)) ||
        address_space_read(&address_space_memory, at, attrs, &value, 1)) {
        return rr_replay_diverged(r, "bits 0x%" PRIx64 " at GPA 0x%"
                                  HWADDR_PRIx ", which are none of a page "
                                  "table", rec->pte_bits.bits, at);
    }
    value |= rec->pte_bits.bits;
    address_space_write(&address_space_memory, at, attrs, &value, 1);
    return RR_GO_ON;
}

enum rr_outcome rr_replay_check_digest(struct rr_replay *r,
                                       const struct rrlog_record *rec)
{
    uint64_t count = rec->data_bytes / sizeof(uint64_t);
    const uint8_t *expected = rec->data; /* may not be aligned */
    uint64_t offset = rec->ram_digest.first * RRLOG_REGION_BYTES;
    MemoryRegion *block = find_block(r, rec->ram_digest.block, offset, 0,
                                     "ram-digest");

    if (!block) {
        return RR_DIVERGED;
    }
    for (uint64_t i = 0; i < count; i++, offset += RRLOG_REGION_BYTES) {
        uint64_t size_bytes = memory_region_size(block);

        if (offset >= size_bytes) {
            return rr_replay_diverged(r, "ram-digest beyond the end of a RAM "
                                      "block");
        }
        compare_region(r, block, offset,
                       MIN(RRLOG_REGION_BYTES, size_bytes - offset),
                       ldq_le_p(expected + i * sizeof(uint64_t)));
    }
    return RR_GO_ON;
}
