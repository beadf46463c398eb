/*
 * The outside world of a replay: one catch-all region for memory and ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/address-spaces.h"
#include "qemu/bswap.h"

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
            rr_replay_console_write(addr + i, byte);
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
