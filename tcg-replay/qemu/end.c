/*
 * The end of a replay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/timer.h"

static void print_summary(const char *how)
{
    double seconds = (get_clock() - rr_replay.start_ns) / 1e9;

    fprintf(stderr, "rr-replay: %s: %" PRIu64 " records, %" PRIu64
            " landmarks verified, %" PRIu64 " branches, %.1f s\n", how,
            rr_replay.records, rr_replay.landmarks, rr_replay_branches(),
            seconds);
}

/* The END record was passed and all that follows it was checked. */
static void report_complete(void)
{
    RRCPUState state;
    char name[64];
    int at;

    rr_cpu_state_get(rr_replay.env, &state);
    at = rr_cpu_state_compare(&rr_replay.end_state, &state, name);
    if (at >= 0) {
        rr_replay_diverged("at the end, %s: expected %#" PRIx64 ", found %#"
                           PRIx64, name, rr_replay.end_state.value[at],
                           state.value[at]);
        return;
    }
    if (rr_replay.digest_errors) {
        rr_replay_diverged("RAM differs at the end in %" PRIu64 " regions of "
                           "2 MiB", rr_replay.digest_errors);
        return;
    }
    rr_replay_finish(RR_EXIT_OK);
    print_summary("complete, CPU state and all RAM equal the recording's");
}

void rr_replay_end_of_log(void)
{
    uint64_t torn;

    if (rr_replay.finished) {
        return;
    }
    if (rr_replay.seen_end) {
        report_complete();
        return;
    }
    if (rrlog_reader_is_complete(rr_replay.reader)) {
        rr_replay_diverged("the guest goes on after the end of the log");
        return;
    }
    torn = rrlog_reader_torn_bytes(rr_replay.reader);
    rr_replay_finish(RR_EXIT_OK);
    print_summary("incomplete trace (the recorder was cut off), replayed to "
                  "its last whole record");
    if (torn) {
        fprintf(stderr, "rr-replay: %" PRIu64 " bytes of a torn last frame "
                "were dropped\n", torn);
    }
}
