/*
 * What a replay says: progress, the end, and why it stopped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/cpu-common.h"
#include "qemu/timer.h"
#include "system/runstate.h"

#define PROGRESS_INTERVAL_NS (200 * SCALE_MS)

/* From any place in the vCPU thread, under the BQL; the first call counts. */
void rr_replay_finish(enum rr_exit status)
{
    if (rr_replay.finished) {
        return;
    }
    rr_replay.finished = true;
    rr_replay_stop_here();
    rr_replay_show_progress(true);
    fflush(stdout);
    qemu_system_shutdown_request_with_code(
        SHUTDOWN_CAUSE_HOST_QMP_QUIT, status);
}

static char *record_text(const struct rrlog_record *rec)
{
    const struct rrlog_type_info *info = rrlog_type_info(rec->type);
    GString *text = g_string_new(info ? info->name : "?");

    for (unsigned int i = 0; info && i < info->field_count; i++) {
        g_string_append_printf(text, " %s=%#" PRIx64, info->fields[i],
                               rec->field[i]);
    }
    if (rec->data_bytes) {
        g_string_append_printf(text, " data=%zu bytes", rec->data_bytes);
    }
    if (rec->stamp == RRLOG_AT_LANDMARK) {
        g_string_append_printf(text, " at branch %" PRIu64 " rip %#" PRIx64,
                               rec->landmark.branches,
                               rec->landmark.regs[RR_REG_RIP]);
    }
    return g_string_free(text, FALSE);
}

void rr_replay_note_recent(const struct rrlog_record *rec)
{
    struct rrlog_record *copy = g_memdup2(rec, sizeof(*rec));

    copy->data = NULL;
    g_queue_push_tail(&rr_replay.recent, copy);
    if (g_queue_get_length(&rr_replay.recent) > RR_RECENT_RECORDS) {
        g_free(g_queue_pop_head(&rr_replay.recent));
    }
}

static void print_context(void)
{
    GList *l;

    fprintf(stderr, "rr-replay: position: record %" PRIu64 ", branch %" PRIu64
            ", landmarks passed %" PRIu64 ", rip %#" PRIx64 "\n",
            rr_replay.records, rr_replay_branches(), rr_replay.landmarks,
            (uint64_t)rr_replay.env->eip);
    fprintf(stderr, "rr-replay: last records:\n");
    for (l = rr_replay.recent.head; l; l = l->next) {
        g_autofree char *text = record_text(l->data);

        fprintf(stderr, "  %s\n", text);
    }
    if (!g_queue_is_empty(&rr_replay.queue)) {
        g_autofree char *text =
            record_text(g_queue_peek_head(&rr_replay.queue));

        fprintf(stderr, "  next: %s\n", text);
    }
    rr_replay_report_adbits();
    fprintf(stderr, "rr-replay: instructions around rip:\n");
    cpu_dump_state(rr_replay.cpu, stderr, CPU_DUMP_CODE);
}

void rr_replay_diverged(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    if (rr_replay.finished) {
        return;
    }
    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    rr_replay_finish(RR_EXIT_DIVERGED);
    fprintf(stderr, "rr-replay: DIVERGED: %s\n", text);
    print_context();
}

void rr_replay_diverged_at(const struct rrlog_record *rec,
                           const struct rr_landmark *found,
                           const char *what)
{
    const struct rr_landmark *expected = &rec->landmark;
    g_autofree char *text = record_text(rec);

    if (rr_replay.finished) {
        return;
    }
    rr_replay_finish(RR_EXIT_DIVERGED);
    fprintf(stderr, "rr-replay: DIVERGED: %s of: %s\n", what, text);
    if (found->branches != expected->branches) {
        fprintf(stderr, "rr-replay: branches: expected %" PRIu64 ", found %"
                PRIu64 "\n", expected->branches, found->branches);
    }
    for (int i = 0; i < RR_REG_COUNT; i++) {
        if (expected->regs[i] != found->regs[i]) {
            fprintf(stderr, "rr-replay: register %s: expected %#" PRIx64
                    ", found %#" PRIx64 "\n", rr_reg_name(i),
                    expected->regs[i], found->regs[i]);
        }
    }
    print_context();
}

void rr_replay_read_failed(int err)
{
    const char *text = rrlog_reader_error(rr_replay.reader);

    if (rr_replay.finished) {
        return;
    }
    if (err == -EBADMSG) {
        rr_replay_finish(RR_EXIT_DAMAGED);
        fprintf(stderr, "rr-replay: the trace is damaged: %s\n", text);
        return;
    }
    rr_replay_finish(RR_EXIT_FAILURE);
    fprintf(stderr, "rr-replay: cannot read the trace: %s\n", text);
    if (err == -ENOENT || err == -ESTALE) {
        fprintf(stderr, "rr-replay: rr-tcg replay --image ID=PATH says where "
                "an image is\n");
    }
}

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
