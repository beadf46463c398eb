/*
 * What the guest reads from and writes to its environment: one catch-all region
 * each for memory and ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/address-spaces.h"
#include "qemu/bswap.h"

/*
 * Does this read take the next bytes of the record's data, @rec->data_bytes of
 * them in pieces of @piece_bytes at @piece_addr?  TCG may read in parts what
 * KVM read in one (8 bytes, 4 ...).
 */
static bool fits(struct rr_replay *r, const struct rrlog_record *rec,
                 uint64_t piece_addr, uint64_t piece_bytes,
                 uint64_t addr, unsigned int size)
{
    size_t consumed_bytes = r->position.consumed_bytes;
    uint64_t at = consumed_bytes % piece_bytes;

    return addr == piece_addr + at && at + size <= piece_bytes &&
           consumed_bytes + size <= rec->data_bytes;
}

static uint64_t take_bytes(struct rr_replay *r, const struct rrlog_record *rec,
                           unsigned int size)
{
    struct rr_position *pos = &r->position;
    uint8_t bytes[8] = { 0 };

    memcpy(bytes, (const uint8_t *)rec->data + pos->consumed_bytes, size);
    pos->consumed_bytes += size;
    if (pos->consumed_bytes == rec->data_bytes) {
        rr_replay_pop(r);
    }
    return ldq_le_p(bytes);
}

static uint64_t io_read(struct rr_replay *r, uint64_t addr, unsigned int size,
                        bool port)
{
    const struct rrlog_record *rec =
        rr_replay_expect(r, port ? RRLOG_PIO_READ : RRLOG_MMIO_READ,
                         port ? "a port read" : "an MMIO read");
    uint64_t piece_addr, piece_bytes, value;

    r->position.ins_port = 0;
    if (!rec) {
        return 0;
    }
    piece_addr = port ? rec->pio_read.port : rec->mmio_read.gpa;
    piece_bytes = port ? rec->pio_read.size : rec->mmio_read.size;
    if (piece_bytes == 0 || piece_bytes > 8 ||
        rec->data_bytes % piece_bytes) {
        rr_replay_diverged(r, "a read of %" PRIu64 " bytes", piece_bytes);
        return 0;
    }
    if (!fits(r, rec, piece_addr, piece_bytes, addr, size)) {
        rr_replay_diverged(r, "%s of %u bytes at 0x%" PRIx64 ", the log has %"
                           PRIu64 " bytes at 0x%" PRIx64,
                           port ? "port read" : "MMIO read", size, addr,
                           piece_bytes, piece_addr);
        return 0;
    }
    value = take_bytes(r, rec, size);
    if (port) {
        rr_replay_console_read(r, addr, value);
    }
    rr_replay_screen_access(r, addr, value, size, port, false);
    return value;
}

size_t rr_replay_ins(CPUState *cpu, uint16_t port)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;

    BQL_LOCK_GUARD();
    r->position.ins_port = port + 1u;
    if (rr_replay_is_over(r) || r->position.consumed_bytes ||
        rr_replay_head(r, &rec) != RR_GO_ON || !rec ||
        rec->stamp != RRLOG_AT_ACCESS || rec->type != RRLOG_PIO_READ ||
        rec->pio_read.port != port) {
        return 0;
    }
    return rec->data_bytes;
}

static void io_write(struct rr_replay *r, uint64_t addr, uint64_t value,
                     unsigned int size, bool port)
{
    struct rr_position *pos = &r->position;
    uint64_t base = port ? RR_OUTPUT_PORT : 0;

    if (rr_replay_is_over(r)) {
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        uint8_t byte = value >> (8 * i);

        pos->output_hash = rr_output_hash(pos->output_hash, base | (addr + i),
                                          byte);
        if (port) {
            rr_replay_console_write(r, addr + i, byte);
        }
    }
    rr_replay_screen_access(r, addr, value, size, port, true);
    pos->output_bytes += size;
    r->debugger.shown_bytes = MAX(r->debugger.shown_bytes, pos->output_bytes);
    /* If that ends the replay, the guest stops before the next block. */
    rr_replay_apply_at_access(r);
}

/* The guest's, not that of a debugger, which the log does not have. */
static bool is_guests(MemTxAttrs attrs)
{
    return current_cpu && !attrs.debug;
}

static MemTxResult read_as_guest(struct rr_replay *r, uint64_t addr,
                                 uint64_t *value, unsigned int size,
                                 bool port, MemTxAttrs attrs)
{
    if (!is_guests(attrs)) {
        *value = 0;
        return MEMTX_ACCESS_ERROR;
    }
    *value = io_read(r, addr, size, port);
    return MEMTX_OK;
}

static MemTxResult write_as_guest(struct rr_replay *r, uint64_t addr,
                                  uint64_t value, unsigned int size,
                                  bool port, MemTxAttrs attrs)
{
    if (!is_guests(attrs)) {
        return MEMTX_ACCESS_ERROR;
    }
    io_write(r, addr, value, size, port);
    return MEMTX_OK;
}

static MemTxResult memory_read(void *opaque, hwaddr addr, uint64_t *value,
                               unsigned int size, MemTxAttrs attrs)
{
    if (is_guests(attrs)) {
        rr_replay_note_mmio(opaque, RR_DID_READ);
    }
    return read_as_guest(opaque, addr, value, size, false, attrs);
}

static MemTxResult memory_write(void *opaque, hwaddr addr, uint64_t value,
                                unsigned int size, MemTxAttrs attrs)
{
    if (is_guests(attrs)) {
        rr_replay_note_mmio(opaque, RR_DID_WRITE);
    }
    return write_as_guest(opaque, addr, value, size, false, attrs);
}

static MemTxResult port_read(void *opaque, hwaddr addr, uint64_t *value,
                             unsigned int size, MemTxAttrs attrs)
{
    return read_as_guest(opaque, addr, value, size, true, attrs);
}

static MemTxResult port_write(void *opaque, hwaddr addr, uint64_t value,
                              unsigned int size, MemTxAttrs attrs)
{
    return write_as_guest(opaque, addr, value, size, true, attrs);
}

static const MemoryRegionOps memory_ops = {
    .read_with_attrs = memory_read,
    .write_with_attrs = memory_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static const MemoryRegionOps port_ops = {
    .read_with_attrs = port_read,
    .write_with_attrs = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
};

void rr_replay_io_init(struct rr_replay *r, Object *owner)
{
    memory_region_init_io(&r->host.memory_io, owner, &memory_ops, r,
                          "rr-environment", UINT64_MAX);
    memory_region_add_subregion_overlap(get_system_memory(), 0,
                                        &r->host.memory_io, -1);
    memory_region_init_io(&r->host.port_io, owner, &port_ops, r,
                          "rr-environment-ports", 0x10000);
    memory_region_add_subregion_overlap(get_system_io(), 0, &r->host.port_io,
                                        -1);
}
