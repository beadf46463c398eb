/*
 * Test hook: x-corrupt-record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

/*
 * Test hook (x-corrupt-record): if the record has a landmark, one whose RBX the
 * guest never had; else a wrong answer for the guest, in the first record from
 * there on that has an answer.
 */
void rr_replay_corrupt(struct rrlog_record *rec)
{
    if (rec->stamp == RRLOG_AT_LANDMARK &&
        rr_replay.records_read == rr_replay.corrupt_record) {
        rec->landmark.regs[RR_REG_RBX] ^= 0x40;
        rr_replay.corrupt_record = 0;
        return;
    }
    switch (rec->type) {
    case RRLOG_PIO_READ:
    case RRLOG_MMIO_READ:
        ((uint8_t *)rec->data)[rec->data_bytes - 1] ^= 0x40;
        break;
    case RRLOG_RDTSC:
    case RRLOG_RDTSCP:
    case RRLOG_CLOCK:
        rec->field[0] ^= 1ull << 40;
        break;
    default:
        return;
    }
    rr_replay.corrupt_record = 0;
}
