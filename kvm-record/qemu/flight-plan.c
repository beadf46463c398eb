/*
 * Which segments of a flight are kept, and when the next one begins.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/flight-plan.h"

#define PARTS 4 /* of the window and of the limit: see rr_flight_is_due() */
#define MIN_PERIOD_MS 1000
#define MIN_PAUSES 10 /* in a segment: the guest waits a tenth of the time */

bool rr_flight_is_due(const struct rr_flight_plan *plan,
                      const struct rr_flight_segment *segments, size_t count,
                      int64_t now_ms)
{
    const struct rr_flight_segment *last = &segments[count - 1];
    int64_t age_ms = now_ms - last->begin_ms;
    uint64_t logged = last->bytes > last->start_bytes
                      ? last->bytes - last->start_bytes : 0;

    if (age_ms < MIN_PERIOD_MS || age_ms < last->pause_ms * MIN_PAUSES) {
        return false;
    }
    return age_ms >= (int64_t)(plan->window_ms / PARTS) ||
           (plan->limit_bytes && logged > plan->limit_bytes / PARTS);
}

uint64_t rr_flight_bytes(const struct rr_flight_segment *segments,
                         size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += segments[i].bytes;
    }
    return sum;
}

size_t rr_flight_surplus(const struct rr_flight_plan *plan,
                         const struct rr_flight_segment *segments, size_t count,
                         int64_t now_ms, uint64_t reserve_bytes)
{
    uint64_t sum = rr_flight_bytes(segments, count) + reserve_bytes;
    size_t n = 0;

    while (n + 1 < count) {
        bool is_covered = now_ms - segments[n + 1].begin_ms >=
                          (int64_t)plan->window_ms;

        if (!is_covered && (!plan->limit_bytes || sum <= plan->limit_bytes)) {
            break;
        }
        sum -= segments[n++].bytes;
    }
    return n;
}
