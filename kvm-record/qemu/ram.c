/*
 * Guest RAM: blocks, memory slots, and what the outside writes into them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "kvm-record/qemu/page-map.h"
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

static int put_block_pages(uint32_t id)
{
    const RAMBlock *block = rr_recorder.blocks[id];
    uint64_t pages = block->used_length / RRLOG_PAGE_BYTES;
    RRPageMap map;
    int ret = 0;

    rr_page_map_open(&map, block);
    for (uint64_t i = rr_page_next(&map, 0, pages); i < pages && !ret;
         i = rr_page_next(&map, i + 1, pages)) {
        const uint8_t *page = block->host + i * RRLOG_PAGE_BYTES;

        if (!buffer_is_zero(page, RRLOG_PAGE_BYTES)) {
            ret = rrlog_writer_put_page(rr_recorder.writer, id, i, page);
        }
    }
    rr_page_map_close(&map);
    return ret;
}

static void append_slot(int slot)
{
    const RRSlot *sl = &rr_recorder.slots[slot];
    int block = sl->size ? block_id(sl->block) : 0;
    struct rrlog_record rec = {
        .type = RRLOG_SLOT,
        .slot = {
            .slot = slot, .gpa = sl->gpa, .size = sl->size, .block = block,
            .offset = sl->offset, .flags = sl->readonly,
        },
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
    for (int i = 0; i < rr_recorder.slot_count; i++) {
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
    rr_recorder.slot_count = MAX(rr_recorder.slot_count, slot + 1);
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
    for (int i = 0; i < rr_recorder.slot_count; i++) {
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
            .dma = { .block = id, .offset = addr },
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
