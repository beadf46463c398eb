/*
 * What the guest puts out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

void rr_record_output(uint64_t address, const uint8_t *data, size_t len)
{
    RRRecorder *s = &rr_recorder;

    for (size_t i = 0; i < len; i++) {
        s->output_hash = rr_output_hash(s->output_hash, address + i, data[i]);
    }
    s->output_bytes += len;
}

void rr_record_port_output(uint16_t port, const void *data, size_t len)
{
    rr_record_output(port | RR_OUTPUT_PORT, data, len);
}
