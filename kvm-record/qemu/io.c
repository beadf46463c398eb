/*
 * Ports and MMIO: what the guest puts out, and what it reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>

void rr_io_output(struct rr_recorder *r, uint64_t address, const uint8_t *data,
                  size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        r->output_hash = rr_output_hash(r->output_hash, address + i, data[i]);
    }
    r->output_bytes += bytes;
}

void rr_record_port_output(uint16_t port, const void *data, size_t bytes)
{
    g_assert(bql_locked());
    rr_io_output(&rr_recorder, port | RR_OUTPUT_PORT, data, bytes);
}

static void log_port_read(struct rr_recorder *r, struct kvm_run *run)
{
    struct rrlog_record rec = {
        .type = RRLOG_PIO_READ,
        .pio_read = {
            .port = run->io.port, .size = run->io.size, .count = run->io.count,
        },
        .data = (uint8_t *)run + run->io.data_offset,
        .data_bytes = (size_t)run->io.size * run->io.count,
    };

    rr_log_at_access(r, &rec);
}

static void log_mmio_read(struct rr_recorder *r, struct kvm_run *run)
{
    struct rrlog_record rec = {
        .type = RRLOG_MMIO_READ,
        .mmio_read = { .gpa = run->mmio.phys_addr, .size = run->mmio.len },
        .data = run->mmio.data,
        .data_bytes = run->mmio.len,
    };

    rr_log_at_access(r, &rec);
}

void rr_log_io_read(struct rr_recorder *r, struct kvm_run *run)
{
    if (run->exit_reason == KVM_EXIT_IO &&
        run->io.direction == KVM_EXIT_IO_IN) {
        log_port_read(r, run);
    } else if (run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write) {
        log_mmio_read(r, run);
    }
}
