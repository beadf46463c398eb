/*
 * Guest RAM: blocks, memory slots, and what QEMU writes into them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "system/kvm_int.h"
#include "kvm-record/qemu/page-map.h"

/* Blobs of fw_cfg live in resizeable blocks and are never mapped. */
static bool is_guest_memory(const RAMBlock *ram)
{
    return !(ram->flags & RAM_RESIZEABLE) &&
           QEMU_IS_ALIGNED(ram->used_length, RRLOG_PAGE_BYTES);
}

static int add_block(struct rr_recorder *r, RAMBlock *ram)
{
    struct rrlog_block b = {
        .id = r->block_count,
        .size_bytes = ram->used_length,
    };

    if (r->block_count == RRLOG_MAX_BLOCKS) {
        return -E2BIG;
    }
    pstrcpy(b.name, sizeof(b.name), ram->idstr);
    r->blocks[r->block_count++] = (struct rr_block) {
        .ram = ram,
        .has_page_map = !qemu_ram_is_shared(ram) && ram->fd < 0 &&
                        !rr_record_shares_ram() &&
                        qemu_real_host_page_size() == RRLOG_PAGE_BYTES,
    };
    return rrlog_writer_add_block(r->writer, &b);
}

static int put_block_pages(struct rr_recorder *r, uint32_t id)
{
    const struct rr_block *block = &r->blocks[id];
    const uint8_t *host = block->ram->host;
    uint64_t pages = block->ram->used_length / RRLOG_PAGE_BYTES;
    struct rr_page_map map;
    int ret = 0;

    rr_page_map_open(&map, block->has_page_map ? host : NULL);
    for (uint64_t i = rr_page_next(&map, 0, pages); i < pages && !ret;
         i = rr_page_next(&map, i + 1, pages)) {
        const uint8_t *page = host + i * RRLOG_PAGE_BYTES;

        if (!buffer_is_zero(page, RRLOG_PAGE_BYTES)) {
            ret = rrlog_writer_put_page(r->writer, id, i, page);
        }
    }
    rr_page_map_close(&map);
    return ret;
}

/* Those of the trace before. */
static void forget_blocks(struct rr_recorder *r)
{
    for (uint32_t i = 0; i < r->block_count; i++) {
        g_free(r->blocks[i].digests);
    }
    r->block_count = 0;
}

bool rr_ram_start(struct rr_recorder *r, Error **errp)
{
    RAMBlock *ram;
    int ret = 0;

    forget_blocks(r);
    RAMBLOCK_FOREACH(ram) {
        if (is_guest_memory(ram) && !ret) {
            ret = add_block(r, ram);
        }
    }
    for (uint32_t i = 0; i < r->block_count && !ret; i++) {
        ret = put_block_pages(r, i);
    }
    if (!ret) {
        ret = rrlog_writer_start(r->writer);
    }
    if (ret) {
        error_setg(errp, "writing the start state: %s",
                   rrlog_writer_error(r->writer));
    }
    return !ret;
}

/* The record of slot number @slot.  False: its block is not in the trace. */
static bool make_slot_record(struct rr_recorder *r, int slot,
                             struct rrlog_record *rec)
{
    const struct rr_slot *sl = &r->slots[slot];
    int block = sl->size ? rr_block_id(r, sl->block) : 0;

    if (block < 0) {
        rr_recorder_fail(r, "RAM block %s was not there at the start (hotplug "
                         "is not supported)", sl->block->idstr);
        return false;
    }
    *rec = (struct rrlog_record) {
        .type = RRLOG_SLOT,
        .slot = {
            .slot = slot, .gpa = sl->gpa, .size = sl->size, .block = block,
            .offset = sl->offset, .flags = sl->readonly,
        },
    };
    return true;
}

void rr_log_slots(struct rr_recorder *r)
{
    struct rrlog_record rec;

    for (int i = 0; i < r->slot_count; i++) {
        if (r->slots[i].size && make_slot_record(r, i, &rec)) {
            rr_log_at_access(r, &rec);
        }
    }
}

void rr_record_slot(int as_id, int slot, hwaddr gpa, hwaddr size,
                    MemoryRegion *mr, hwaddr offset, bool readonly)
{
    struct rr_recorder *r = &rr_recorder;
    struct rrlog_record rec;

    if (as_id != 0 || slot < 0) {
        return; /* the address space of SMM, which is off (smm=off) */
    }
    if (slot >= RR_MAX_SLOTS) {
        rr_recorder_fail(r, "more than %d memory slots", RR_MAX_SLOTS);
        return;
    }
    r->slot_count = MAX(r->slot_count, slot + 1);
    r->slots[slot] = (struct rr_slot) {
        .gpa = gpa, .size = size, .offset = offset,
        .block = mr->ram_block, .readonly = readonly,
    };
    if (r->life == RR_LIFE_RECORDING && make_slot_record(r, slot, &rec)) {
        rr_log_here(rr_recorder_vcpu(r), &rec);
    }
}

bool rr_ram_is_readonly(const struct rr_recorder *r, hwaddr gpa)
{
    for (int i = 0; i < r->slot_count; i++) {
        const struct rr_slot *sl = &r->slots[i];

        if (sl->size && gpa - sl->gpa < sl->size) {
            return sl->readonly;
        }
    }
    return false;
}

void rr_record_ram_write(MemoryRegion *mr, hwaddr addr, hwaddr len)
{
    struct rr_recorder *r = &rr_recorder;

    if (r->life == RR_LIFE_RECORDING && len && mr->ram_block) {
        if (r->missed_write && !--r->missed_write) {
            return;
        }
        rr_detector_explain(mr->ram_block, addr, len);
        rr_log_ram_write(r, mr->ram_block, addr, len);
    }
}

/* Pages that are mapped twice cannot be taken away by one mapping. */
bool rr_record_ram_zero(RAMBlock *ram, uint64_t offset, size_t len)
{
    if (!rr_record_shares_ram()) {
        return false;
    }
    memset(ram->host + offset, 0, len);
    rr_record_ram_write(ram->mr, offset, len);
    return true;
}

void rr_record_ram_free(RAMBlock *ram)
{
    struct rr_recorder *r = &rr_recorder;
    int id = rr_block_id(r, ram);

    rr_detector_forget(ram);
    if (id >= 0) {
        if (r->life == RR_LIFE_RECORDING) {
            rr_keep_digests(&r->blocks[id]);
        }
        r->blocks[id].ram = NULL;
    }
}
