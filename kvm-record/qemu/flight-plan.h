/*
 * A flight: which segments are kept, and when the next one begins.  Plain C,
 * without QEMU.
 *
 * A flight is a chain of segments, each a trace of its own.  Those that newer
 * ones make superfluous go, oldest first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_FLIGHT_PLAN_H
#define RR_FLIGHT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the user asked for. */
struct rr_flight_plan {
    uint64_t window_ms; /* what was recorded in this time is kept */
    uint64_t limit_bytes; /* of disk for all segments; 0: no limit */
};

struct rr_flight_segment {
    uint32_t number; /* from 1 */
    int64_t begin_ms; /* of the host's monotonic clock */
    uint64_t start_bytes; /* on disk when it began: the guest's memory */
    uint64_t bytes; /* on disk now, or at its end */
    int64_t pause_ms; /* the guest waited so long for it to begin */
};

/**
 * Is the last of @count segments, which is being recorded, to end at @now_ms?
 * It ends after a quarter of the window, so that no more than a quarter too
 * much is kept, or when what it logged fills a quarter of the limit.  But it
 * lasts at least ten times as long as the guest waited for it.
 */
bool rr_flight_is_due(const struct rr_flight_plan *plan,
                      const struct rr_flight_segment *segments, size_t count,
                      int64_t now_ms);

/**
 * How many of the oldest segments are superfluous if @reserve_bytes more are
 * about to be written.  Those behind them cover the window, unless the limit is
 * too small for that.  The last segment never is.
 */
size_t rr_flight_surplus(const struct rr_flight_plan *plan,
                         const struct rr_flight_segment *segments, size_t count,
                         int64_t now_ms, uint64_t reserve_bytes);

/** The sum of their bytes. */
uint64_t rr_flight_bytes(const struct rr_flight_segment *segments,
                         size_t count);

#endif
