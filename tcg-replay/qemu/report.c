/*
 * The report: why a replay stopped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/cli/record-text.h"
#include "common/cli/safe-text.h"
#include "exec/cpu-common.h"
#include "system/runstate.h"

static void stop(struct rr_replay *r, enum rr_goal goal, enum rr_exit status)
{
    rr_replay_set_goal(r, goal);
    rr_replay_stop_here(r);
    r->debugger.status = status;
    if (r->debugger.is_moving) {
        return; /* it has been here, and said so */
    }
    rr_replay_show_progress(r, true);
    rr_replay_console_end(r);
    fflush(stdout);
    if (!rr_replay_screen_save(r) && status == RR_EXIT_OK) {
        status = RR_EXIT_FAILURE;
    }
    if (rr_replay_has_debugger(r)) {
        return; /* which stays; rr_travel_stops_before() */
    }
    qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_QMP_QUIT,
                                           status);
}

enum rr_outcome rr_replay_end(struct rr_replay *r, enum rr_exit status)
{
    stop(r, RR_GOAL_ENDED, status);
    return RR_ENDED;
}

static void print_record(const char *prefix, const struct rrlog_record *rec)
{
    g_autofree char *text = rr_record_text_brief(rec);

    fprintf(stderr, "  %s%s\n", prefix, text);
}

/* @differing: bits of RFLAGS that are not the landmark's. */
static void print_context(struct rr_replay *r, uint64_t differing)
{
    uint64_t n = r->report.recent_count;

    fprintf(stderr, "rr-replay: position: record %" PRIu64 ", branch %" PRIu64
            ", landmarks passed %" PRIu64 ", rip 0x%" PRIx64 "\n",
            r->position.records, rr_replay_branches(r), r->position.landmarks,
            (uint64_t)r->host.env->eip);
    fprintf(stderr, "rr-replay: last records:\n");
    for (uint64_t i = n - MIN(n, RR_RECENT_RECORDS); i < n; i++) {
        print_record("", &r->report.recent[i % RR_RECENT_RECORDS]);
    }
    if (rr_replay_peek(r)) {
        print_record("next: ", rr_replay_peek(r));
    }
    if (r->report.words_at_record == r->position.records + 1) {
        fprintf(stderr, "rr-replay: the registers were right, but the stack "
                "had other return addresses\n");
    }
    rr_replay_report_undefined(r, differing);
    rr_replay_report_illegal(r);
    rr_replay_report_adbits(r);
    fprintf(stderr, "rr-replay: instructions around rip:\n");
    cpu_dump_state(r->host.cpu, stderr, CPU_DUMP_CODE);
}

enum rr_outcome rr_replay_diverged(struct rr_replay *r, const char *fmt, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    safe = rr_safe_text(text); /* some of it may be the trace's */
    stop(r, RR_GOAL_DIVERGED, RR_EXIT_DIVERGED);
    if (r->debugger.is_moving) {
        return RR_DIVERGED;
    }
    fprintf(stderr, "rr-replay: DIVERGED: %s\n", safe);
    print_context(r, 0);
    return RR_DIVERGED;
}

enum rr_outcome rr_replay_diverged_at(struct rr_replay *r,
                                      const struct rrlog_record *rec,
                                      const struct rr_landmark *found,
                                      const char *what)
{
    const struct rr_landmark *expected = &rec->landmark;
    g_autofree char *text = rr_record_text_brief(rec);
    uint64_t flags;

    if (r->report.near_miss_valid) {
        found = &r->report.near_miss;
    }
    flags = (expected->regs[RR_REG_RFLAGS] ^ found->regs[RR_REG_RFLAGS]) &
            ~r->config.ignored_rflags;
    stop(r, RR_GOAL_DIVERGED, RR_EXIT_DIVERGED);
    if (r->debugger.is_moving) {
        return RR_DIVERGED;
    }
    fprintf(stderr, "rr-replay: DIVERGED: %s of: %s\n", what, text);
    if (found->branches != expected->branches) {
        fprintf(stderr, "rr-replay: branches: expected %" PRIu64 ", found %"
                PRIu64 "\n", expected->branches, found->branches);
    }
    for (int i = 0; i < RR_REG_COUNT; i++) {
        if (i == RR_REG_RFLAGS ? flags : expected->regs[i] != found->regs[i]) {
            fprintf(stderr, "rr-replay: register %s: expected 0x%" PRIx64
                    ", found 0x%" PRIx64 "\n", rr_reg_name(i),
                    expected->regs[i], found->regs[i]);
        }
    }
    print_context(r, flags);
    return RR_DIVERGED;
}

enum rr_outcome rr_replay_read_failed(struct rr_replay *r,
                                      const struct rrlog_reader *reader,
                                      int err)
{
    g_autofree char *text = rr_safe_text(rrlog_reader_error(reader));
    enum rr_outcome outcome;

    if (err == -EBADMSG) {
        outcome = rr_replay_end(r, RR_EXIT_DAMAGED);
        fprintf(stderr, "rr-replay: the trace is damaged: %s\n", text);
        return outcome;
    }
    outcome = rr_replay_end(r, RR_EXIT_FAILURE);
    fprintf(stderr, "rr-replay: cannot read the trace: %s\n", text);
    if (err == -ENOENT || err == -ESTALE || err == -EACCES) {
        fprintf(stderr, "rr-replay: rr-tcg replay --image ID=PATH or --image "
                "DIRECTORY says where an image is\n");
    }
    return outcome;
}

void rr_replay_note_recent(struct rr_replay *r, const struct rrlog_record *rec)
{
    struct rr_report *report = &r->report;
    struct rrlog_record *copy =
        &report->recent[report->recent_count++ % RR_RECENT_RECORDS];

    *copy = *rec;
    copy->data = NULL;
    if (rec->stamp == RRLOG_AT_LANDMARK) {
        report->near_miss_valid = false;
    }
}

void rr_replay_note_near_miss(struct rr_replay *r,
                              const struct rr_landmark *found)
{
    r->report.near_miss = *found;
    r->report.near_miss_note = rr_silicon_note;
    r->report.near_miss_valid = true;
}
