/*
 * The end of a replay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/timer.h"

static void print_summary(const struct rr_replay *r, const char *how)
{
    double seconds = (get_clock() - r->report.start_ns) / 1e9;

    if (r->debugger.is_moving) {
        return; /* said before */
    }
    fprintf(stderr, "rr-replay: %s: %" PRIu64 " records, %" PRIu64
            " landmarks verified, %" PRIu64 " branches, %.1f s\n", how,
            r->position.records, r->position.landmarks, rr_replay_branches(r),
            seconds);
}

static uint64_t ram_bytes(const struct rr_replay *r)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < r->host.block_count; i++) {
        bytes += memory_region_size(&r->host.blocks[i]);
    }
    return bytes;
}

static void print_equal(const struct rr_replay *r)
{
    const char *cpu = r->position.shut_down ?
        "the processor shut down (triple fault) here too;" : "CPU state and";
    g_autofree char *how = NULL;

    if (rrlog_reader_is_complete(r->host.reader)) {
        /* The reader has checked that digests cover all RAM. */
        how = g_strdup_printf("complete, %s all RAM equal the recording's",
                              cpu);
    } else {
        how = g_strdup_printf("incomplete trace (the recorder was cut off at "
                              "its end), %s %" PRIu64 " of %" PRIu64
                              " bytes of RAM equal the recording's", cpu,
                              rrlog_reader_digested_bytes(r->host.reader),
                              ram_bytes(r));
    }
    print_summary(r, how);
}

/*
 * A processor that has shut down keeps no state: after a triple fault KVM gives
 * it an INIT on AMD, as the APM, volume 2, 15.14.3, leaves it undefined.
 */
static enum rr_outcome compare_cpu(struct rr_replay *r)
{
    const RRCPUState *expected = &r->position.end_state;
    RRCPUState found;
    char name[64];
    int at;

    if (r->position.shut_down) {
        return RR_GO_ON;
    }
    rr_cpu_state_get(r->host.env, &found);
    found.value[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
    at = rr_cpu_state_compare(expected, &found, name);
    if (at < 0) {
        return RR_GO_ON;
    }
    return rr_replay_diverged(r, "at the end, %s: expected 0x%" PRIx64
                              ", found 0x%" PRIx64, name, expected->value[at],
                              found.value[at]);
}

/* The end record was passed, and its digests were compared. */
static enum rr_outcome end_of_recording(struct rr_replay *r)
{
    enum rr_outcome outcome = compare_cpu(r);

    if (outcome != RR_GO_ON) {
        return outcome;
    }
    if (r->position.digest_errors) {
        return rr_replay_diverged(r, "RAM differs at the end in %" PRIu64
                                  " regions of 2 MiB",
                                  r->position.digest_errors);
    }
    outcome = rr_replay_end(r, RR_EXIT_OK);
    print_equal(r);
    return outcome;
}

static enum rr_outcome end_of_cut_off_trace(struct rr_replay *r)
{
    uint64_t torn_bytes = rrlog_reader_torn_bytes(r->host.reader);
    enum rr_outcome outcome = rr_replay_end(r, RR_EXIT_OK);

    print_summary(r, "incomplete trace (the recorder was cut off), replayed to "
                  "its last whole record");
    if (torn_bytes && !r->debugger.is_moving) {
        fprintf(stderr, "rr-replay: %" PRIu64 " bytes of a torn last frame "
                "were dropped\n", torn_bytes);
    }
    return outcome;
}

enum rr_outcome rr_replay_end_of_log(struct rr_replay *r)
{
    if (r->position.goal == RR_GOAL_AT_END) {
        return end_of_recording(r);
    }
    if (rrlog_reader_is_complete(r->host.reader)) {
        return rr_replay_diverged(r, "the guest goes on after the end of the "
                                  "log");
    }
    return end_of_cut_off_trace(r);
}
