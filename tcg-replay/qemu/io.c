/*
 * The outside world of a replay: one catch-all region for memory and ports,
 * RAM blocks, memory slots, DMA, and the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/logfmt/base/hash.h"
#include "exec/address-spaces.h"
#include "exec/exec-all.h"
#include "qemu/bswap.h"

#define SERIAL_BASE 0x3f8
#define SERIAL_LINE_CONTROL 3
#define SERIAL_MODEM_CONTROL 4
#define LINE_CONTROL_DLAB 0x80
#define MODEM_CONTROL_LOOP 0x10

static void console_write(uint16_t port, uint8_t value)
{
    RRConsole *c = &rr_replay.console;

    switch (port - SERIAL_BASE) {
    case 0:
        if (c->enabled && !(c->line_control & LINE_CONTROL_DLAB) &&
            !(c->modem_control & MODEM_CONTROL_LOOP)) {
            putchar_unlocked(value);
            if (value == '\n') {
                fflush(stdout);
            }
        }
        break;
    case SERIAL_LINE_CONTROL:
        c->line_control = value;
        break;
    case SERIAL_MODEM_CONTROL:
        c->modem_control = value;
        break;
    }
}

/* TCG may ask for a part of what KVM read in one piece (8 bytes, 4 ...). */
static uint64_t io_read(uint64_t addr, unsigned int size, bool port)
{
    const struct rrlog_record *rec =
        rr_replay_expect(port ? RRLOG_PIO_READ : RRLOG_MMIO_READ,
                         port ? "a port read" : "an MMIO read");
    uint8_t bytes[8] = { 0 };
    uint64_t item, at;

    if (!rec) {
        return 0;
    }
    item = rec->field[1];
    if (item == 0 || item > 8 || rec->data_bytes % item) {
        rr_replay_diverged("a read of %" PRIu64 " bytes", item);
        return 0;
    }
    at = rr_replay.consumed % item;
    if (addr != rec->field[0] + at || at + size > item ||
        rr_replay.consumed + size > rec->data_bytes) {
        rr_replay_diverged("%s of %u bytes at %#" PRIx64 ", the log has %"
                           PRIu64 " bytes at %#" PRIx64,
                           port ? "port read" : "MMIO read", size, addr, item,
                           rec->field[0]);
        return 0;
    }
    memcpy(bytes, (const uint8_t *)rec->data + rr_replay.consumed, size);
    rr_replay.consumed += size;
    if (rr_replay.consumed == rec->data_bytes) {
        rr_replay_pop();
    }
    return ldq_le_p(bytes);
}

static void io_write(uint64_t addr, uint64_t value, unsigned int size,
                     bool port)
{
    uint64_t base = port ? RR_OUTPUT_PORT : 0;

    if (rr_replay.finished) {
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        uint8_t byte = value >> (8 * i);

        rr_replay.output_hash = rr_output_hash(rr_replay.output_hash,
                                               base | (addr + i), byte);
        if (port) {
            console_write(addr + i, byte);
        }
    }
    rr_replay.output_bytes += size;
    rr_replay_outside_at_access();
}

static uint64_t memory_read(void *opaque, hwaddr addr, unsigned int size)
{
    return io_read(addr, size, false);
}

static void memory_write(void *opaque, hwaddr addr, uint64_t value,
                         unsigned int size)
{
    io_write(addr, value, size, false);
}

static uint64_t port_read(void *opaque, hwaddr addr, unsigned int size)
{
    return io_read(addr, size, true);
}

static void port_write(void *opaque, hwaddr addr, uint64_t value,
                       unsigned int size)
{
    io_write(addr, value, size, true);
}

static const MemoryRegionOps memory_ops = {
    .read = memory_read,
    .write = memory_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static const MemoryRegionOps port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

void rr_replay_io_init(Object *owner)
{
    memory_region_init_io(&rr_replay.memory_io, owner, &memory_ops, NULL,
                          "rr-outside", UINT64_MAX);
    memory_region_add_subregion_overlap(get_system_memory(), 0,
                                        &rr_replay.memory_io, -1);
    memory_region_init_io(&rr_replay.port_io, owner, &port_ops, NULL,
                          "rr-outside-ports", 0x10000);
    memory_region_add_subregion_overlap(get_system_io(), 0,
                                        &rr_replay.port_io, -1);
}

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
