/*
 * The report: why a replay stopped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/cli/record-text.h"
#include "exec/cpu-common.h"
#include "system/runstate.h"

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
        g_autofree char *text = rr_record_text_brief(l->data);

        fprintf(stderr, "  %s\n", text);
    }
    if (!g_queue_is_empty(&rr_replay.queue)) {
        g_autofree char *text =
            rr_record_text_brief(g_queue_peek_head(&rr_replay.queue));

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
    g_autofree char *text = rr_record_text_brief(rec);

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
