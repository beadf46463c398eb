/*
 * Guest RAM: blocks, memory slots, DMA, digests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/logfmt/base/hash.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"

static MemoryRegion *block_range(uint64_t id, uint64_t offset, uint64_t bytes,
                                 const char *what)
{
    MemoryRegion *mr;

    if (id >= rr_replay.block_count) {
        rr_replay_diverged("%s: no RAM block %" PRIu64, what, id);
        return NULL;
    }
    mr = &rr_replay.blocks[id];
    if (offset > memory_region_size(mr) ||
        bytes > memory_region_size(mr) - offset) {
        rr_replay_diverged("%s: beyond the end of RAM block %" PRIu64, what,
                           id);
        return NULL;
    }
    return mr;
}

void rr_replay_apply_dma(const struct rrlog_record *rec)
{
    MemoryRegion *mr = block_range(rec->field[0], rec->field[1],
                                   rec->data_bytes, "dma");
    ram_addr_t addr;

    if (!mr || !rec->data_bytes) {
        return;
    }
    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) + rec->field[1],
           rec->data, rec->data_bytes);
    addr = memory_region_get_ram_addr(mr) + rec->field[1];
    tb_invalidate_phys_range(addr, addr + rec->data_bytes - 1);
}

void rr_replay_apply_slot(const struct rrlog_record *rec)
{
    uint64_t slot = rec->field[0], gpa = rec->field[1], size = rec->field[2];
    MemoryRegion *block, *alias;

    if (slot >= RR_MAX_SLOTS) {
        rr_replay_diverged("memory slot %" PRIu64, slot);
        return;
    }
    block = size ? block_range(rec->field[3], rec->field[4], size, "slot")
                 : NULL;
    if (rr_replay.finished) {
        return;
    }
    memory_region_transaction_begin();
    alias = rr_replay.slots[slot];
    rr_replay.slots[slot] = NULL;
    if (alias) {
        memory_region_del_subregion(get_system_memory(), alias);
        object_unparent(OBJECT(alias));
    }
    if (block) {
        g_autofree char *name = g_strdup_printf("rr-slot%" PRIu64, slot);

        alias = g_new0(MemoryRegion, 1);
        memory_region_init_alias(alias, NULL, name, block, rec->field[4],
                                 size);
        memory_region_set_readonly(alias, rec->field[5] & 1);
        memory_region_add_subregion_overlap(get_system_memory(), gpa, alias,
                                            1);
        rr_replay.slots[slot] = alias;
    }
    memory_region_transaction_commit();
}

void rr_replay_check_digest(const struct rrlog_record *rec)
{
    uint64_t count = rec->data_bytes / sizeof(uint64_t);
    const uint64_t *expected = rec->data;
    uint64_t at = rec->field[1] * RRLOG_REGION_BYTES;
    MemoryRegion *mr = block_range(rec->field[0], at, 0, "ram-digest");

    for (uint64_t i = 0; mr && i < count; i++, at += RRLOG_REGION_BYTES) {
        uint64_t size = memory_region_size(mr);
        uint64_t bytes = MIN(RRLOG_REGION_BYTES, size - at);
        uint64_t found;

        if (at >= size) {
            rr_replay_diverged("ram-digest beyond the end of a RAM block");
            return;
        }
        found = XXH3_64bits((uint8_t *)memory_region_get_ram_ptr(mr) + at,
                            bytes);
        if (found == expected[i]) {
            continue;
        }
        rr_replay.digest_errors++;
        fprintf(stderr, "rr-replay: RAM differs at the end: block %s, bytes "
                "%#" PRIx64 " to %#" PRIx64 "\n", memory_region_name(mr), at,
                at + bytes - 1);
    }
}
