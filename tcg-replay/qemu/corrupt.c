/*
 * Test hook, x-corrupt-record: a log with one wrong record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

static void corrupt_bytes(struct rr_log *log, struct rrlog_record *rec)
{
    uint8_t *copy = g_memdup2(rec->data, rec->data_bytes);

    copy[rec->data_bytes - 1] ^= 0x40;
    rec->data = log->corrupted_data = copy;
}

/* False: the record gives the guest nothing. */
static bool corrupt_result(struct rr_log *log, struct rrlog_record *rec)
{
    switch (rec->type) {
    case RRLOG_PIO_READ:
    case RRLOG_MMIO_READ:
        corrupt_bytes(log, rec);
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
 * never had, in both copies of it; else the first record from there on that
 * gives the guest a value gives it a wrong one.
 */
void rr_replay_corrupt(struct rr_replay *r, uint64_t number,
                       struct rrlog_record *rec)
{
    struct rr_log *log = &r->host.log;
    uint64_t chosen = r->config.corrupt_record;

    if (!chosen || number < chosen) {
        return;
    }
    if (number == chosen && rec->stamp == RRLOG_AT_LANDMARK) {
        rec->landmark.regs[RR_REG_RBX] ^= 0x40;
        log->corrupted = true;
    } else if (!log->corrupted && rec == &log->head) {
        log->corrupted = corrupt_result(log, rec);
    }
}
