/*
 * How far a replay is, on stderr.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/timer.h"

#define PROGRESS_INTERVAL_NS (200 * SCALE_MS)

void rr_replay_show_progress(struct rr_replay *r, bool last)
{
    uint64_t records = r->position.records;
    uint64_t total = r->config.total_branches;
    uint64_t done;
    int64_t now;

    if (!r->config.progress) {
        return;
    }
    now = get_clock();
    if (!last && now - r->report.progress_ns < PROGRESS_INTERVAL_NS) {
        return;
    }
    r->report.progress_ns = now;
    done = rr_replay_branches(r);
    if (total) {
        fprintf(stderr, "\rrr-replay: %3.0f %% (%" PRIu64 " of %" PRIu64
                " branches), %" PRIu64 " events, %.1f M branches/s%s",
                100.0 * done / total, done, total, records,
                done / ((now - r->report.start_ns) / 1e3 + 1),
                last ? "\n" : "");
    } else {
        fprintf(stderr, "\rrr-replay: %" PRIu64 " branches, %" PRIu64
                " events%s", done, records, last ? "\n" : "");
    }
    fflush(stderr);
}
