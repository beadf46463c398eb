/*
 * Guest RAM: blocks, memory slots, and what the outside writes into them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "record-internal.h"
#include <xxhash.h>
#include "qemu/cutils.h"
#include "system/kvm_int.h"

static int block_id(const RAMBlock *block)
{
    for (uint32_t i = 0; i < rr_recorder.block_count; i++) {
        if (rr_recorder.blocks[i] == block) {
            return i;
        }
    }
    return -1;
}

/* Blobs of fw_cfg live in resizeable blocks and are never mapped. */
static bool block_is_guest_memory(const RAMBlock *block)
{
    return !(block->flags & RAM_RESIZEABLE) &&
           QEMU_IS_ALIGNED(block->used_length, RRLOG_PAGE_BYTES);
}

static int add_block(RAMBlock *block)
{
    RRRecorder *s = &rr_recorder;
    struct rrlog_block b = {
        .id = s->block_count,
        .size_bytes = block->used_length,
    };

    if (s->block_count == RRLOG_MAX_BLOCKS) {
        return -E2BIG;
    }
    pstrcpy(b.name, sizeof(b.name), block->idstr);
    s->blocks[s->block_count++] = block;
    return rrlog_writer_add_block(s->writer, &b);
}

/*
 * The pages of anonymous memory that exist; the others are zero.  To read one of
 * those would make it exist, as a small page, and the guest would take a nested
 * page fault for each: host huge pages would be lost for good.
 */
typedef struct PageMap {
    int fd; /* of the kernel's Documentation/admin-guide/mm/pagemap.rst */
    uint64_t entries[512];
    uint64_t first, count;
} PageMap;

#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SWAPPED (1ull << 62)

static bool page_exists(PageMap *map, const RAMBlock *block, uint64_t page)
{
    const size_t page_bytes = RRLOG_PAGE_BYTES;

    if (map->fd < 0 || qemu_ram_is_shared((RAMBlock *)block) ||
        block->fd >= 0 || qemu_real_host_page_size() != page_bytes) {
        return true;
    }
    if (page < map->first || page >= map->first + map->count) {
        uintptr_t host = (uintptr_t)block->host / page_bytes + page;
        ssize_t got = pread(map->fd, map->entries, sizeof(map->entries),
                            host * sizeof(uint64_t));

        if (got < (ssize_t)sizeof(uint64_t)) {
            return true;
        }
        map->first = page;
        map->count = got / sizeof(uint64_t);
    }
    return map->entries[page - map->first] &
           (PAGEMAP_PRESENT | PAGEMAP_SWAPPED);
}

static int put_block_pages(uint32_t id)
{
    const RAMBlock *block = rr_recorder.blocks[id];
    uint64_t pages = block->used_length / RRLOG_PAGE_BYTES;
    PageMap map = { .fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) };
    int ret = 0;

    for (uint64_t i = 0; i < pages && !ret; i++) {
        const uint8_t *page = block->host + i * RRLOG_PAGE_BYTES;

        if (page_exists(&map, block, i) &&
            !buffer_is_zero(page, RRLOG_PAGE_BYTES)) {
            ret = rrlog_writer_put_page(rr_recorder.writer, id, i, page);
        }
    }
    if (map.fd >= 0) {
        close(map.fd);
    }
    return ret;
}

static void append_slot(int slot)
{
    const RRSlot *sl = &rr_recorder.slots[slot];
    int block = sl->size ? block_id(sl->block) : 0;
    struct rrlog_record rec = {
        .type = RRLOG_SLOT,
        .field = { slot, sl->gpa, sl->size, block, sl->offset, sl->readonly },
    };

    if (block < 0) {
        rr_record_fail("RAM block %s was not there at the start (hotplug is "
                       "not supported)", sl->block->idstr);
        return;
    }
    rr_record_append(&rec);
}

void rr_record_memory_start(void)
{
    RAMBlock *block;
    int ret = 0;

    RAMBLOCK_FOREACH(block) {
        if (block_is_guest_memory(block) && !ret) {
            ret = add_block(block);
        }
    }
    for (uint32_t i = 0; i < rr_recorder.block_count && !ret; i++) {
        ret = put_block_pages(i);
    }
    if (!ret) {
        ret = rrlog_writer_start(rr_recorder.writer);
    }
    if (ret) {
        rr_record_fail("writing the start state: %s",
                       rrlog_writer_error(rr_recorder.writer));
    }
}

void rr_record_memory_slots(void)
{
    for (int i = 0; i < RR_MAX_SLOTS; i++) {
        if (rr_recorder.slots[i].size) {
            append_slot(i);
        }
    }
}

void rr_record_slot(int as_id, int slot, hwaddr gpa, hwaddr size,
                    MemoryRegion *mr, hwaddr offset, bool readonly)
{
    if (as_id != 0 || slot < 0) {
        return; /* SMM has an address space of its own; smm=off */
    }
    if (slot >= RR_MAX_SLOTS) {
        rr_record_fail("more than %d memory slots", RR_MAX_SLOTS);
        return;
    }
    rr_recorder.slots[slot] = (RRSlot) {
        .gpa = gpa, .size = size, .offset = offset,
        .block = mr->ram_block, .readonly = readonly,
    };
    if (rr_recorder.started) {
        append_slot(slot);
    }
}

bool rr_record_is_readonly(hwaddr gpa)
{
    for (int i = 0; i < RR_MAX_SLOTS; i++) {
        const RRSlot *sl = &rr_recorder.slots[i];

        if (sl->size && gpa - sl->gpa < sl->size) {
            return sl->readonly;
        }
    }
    return false;
}

void rr_record_ram_write(MemoryRegion *mr, hwaddr addr, hwaddr len)
{
    RAMBlock *block = mr->ram_block;
    int id;

    if (!rr_recorder.started || !len || !block) {
        return;
    }
    id = block_id(block);
    if (id < 0) {
        return; /* not guest memory; mapping it later is an error */
    }
    while (len) {
        hwaddr part = MIN(len, RRLOG_MAX_DATA_BYTES);
        struct rrlog_record rec = {
            .type = RRLOG_DMA,
            .field = { id, addr },
            .data = block->host + addr,
            .data_bytes = part,
        };

        if (!rr_record_append_from_image(&rec)) {
            rr_record_append(&rec);
        }
        addr += part;
        len -= part;
    }
}

static void append_digests(uint32_t id)
{
    const RAMBlock *block = rr_recorder.blocks[id];
    uint64_t size = block->used_length;
    uint64_t regions = DIV_ROUND_UP(size, RRLOG_REGION_BYTES);
    g_autofree uint64_t *digest = g_new(uint64_t, regions);
    struct rrlog_record rec = {
        .type = RRLOG_RAM_DIGEST,
        .field = { id, 0 },
        .data = digest,
        .data_bytes = regions * sizeof(*digest),
    };

    for (uint64_t i = 0; i < regions; i++) {
        uint64_t at = i * RRLOG_REGION_BYTES;

        digest[i] = XXH3_64bits(block->host + at,
                                MIN(RRLOG_REGION_BYTES, size - at));
    }
    rr_record_append(&rec);
}

void rr_record_memory_digests(void)
{
    for (uint32_t i = 0; i < rr_recorder.block_count; i++) {
        append_digests(i);
    }
}
