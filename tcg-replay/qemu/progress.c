/*
 * How far a replay is, on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/timer.h"

#define PROGRESS_INTERVAL_NS (200 * SCALE_MS)

void rr_replay_show_progress(bool last)
{
    int64_t now;

    if (!rr_replay.progress) {
        return;
    }
    now = get_clock();
    if (!last && now - rr_replay.progress_ns < PROGRESS_INTERVAL_NS) {
        return;
    }
    rr_replay.progress_ns = now;
    if (rr_replay.total_branches) {
        uint64_t done = rr_replay_branches();

        fprintf(stderr, "\rrr-replay: %3.0f %% (%" PRIu64 " of %" PRIu64
                " branches), %" PRIu64 " events, %.1f M branches/s%s",
                100.0 * done / rr_replay.total_branches, done,
                rr_replay.total_branches, rr_replay.records,
                done / ((now - rr_replay.start_ns) / 1e3 + 1),
                last ? "\n" : "");
    } else {
        fprintf(stderr, "\rrr-replay: %" PRIu64 " branches, %" PRIu64
                " events%s", rr_replay_branches(), rr_replay.records,
                last ? "\n" : "");
    }
    fflush(stderr);
}
