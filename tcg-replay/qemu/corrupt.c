/*
 * Test hook, x-corrupt-record: a log with one wrong record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

/* False: the record gives the guest nothing. */
static bool corrupt_result(struct rrlog_record *rec)
{
    switch (rec->type) {
    case RRLOG_PIO_READ:
    case RRLOG_MMIO_READ:
        ((uint8_t *)rec->data)[rec->data_bytes - 1] ^= 0x40;
        return true;
    case RRLOG_RDTSC:
        rec->rdtsc.value ^= 1ull << 40;
        return true;
    case RRLOG_RDTSCP:
        rec->rdtscp.value ^= 1ull << 40;
        return true;
    case RRLOG_CLOCK:
        rec->clock.value ^= 1ull << 40;
        return true;
    default:
        return false;
    }
}

/*
 * If the chosen record has a landmark, the landmark gets an RBX that the guest
 * never had; else the first record from there on that gives the guest a value
 * gives it a wrong one.
 */
void rr_replay_corrupt(struct rr_replay *r, struct rrlog_record *rec)
{
    uint64_t chosen = r->config.corrupt_record;

    if (!chosen || r->host.corrupted || r->host.records_read < chosen) {
        return;
    }
    if (rec->stamp == RRLOG_AT_LANDMARK && r->host.records_read == chosen) {
        rec->landmark.regs[RR_REG_RBX] ^= 0x40;
        r->host.corrupted = true;
    } else {
        r->host.corrupted = corrupt_result(rec);
    }
}
