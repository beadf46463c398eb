/*
 * The log, read ahead up to the next landmark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

/*
 * Landmarks further ahead than this many records do not bound the budget.  It
 * is more than the accesses of one translation block: a guest that has made the
 * access runs on to the end of its block, and must not pass a landmark there.
 */
#define READ_AHEAD_RECORDS 65536

static void free_record(struct rrlog_record *rec)
{
    g_free((void *)rec->data);
    g_free(rec);
}

/* Read one more record into the queue, if the log has one. */
static enum rr_outcome read_record(struct rr_replay *r)
{
    struct rr_host *host = &r->host;
    struct rrlog_record rec;
    int ret;

    if (host->is_read) {
        return RR_GO_ON;
    }
    ret = rrlog_reader_next(host->reader, &rec);
    if (ret < 0) {
        return rr_replay_read_failed(r, ret);
    }
    if (ret == 0) {
        host->is_read = true;
        return RR_GO_ON;
    }
    rec.data = g_memdup2(rec.data, rec.data_bytes);
    host->records_read++;
    rr_replay_corrupt(r, &rec);
    host->queued_landmarks += rec.stamp == RRLOG_AT_LANDMARK;
    g_queue_push_tail(&host->queue, g_memdup2(&rec, sizeof(rec)));
    return RR_GO_ON;
}

enum rr_outcome rr_replay_head(struct rr_replay *r,
                               const struct rrlog_record **rec)
{
    enum rr_outcome outcome = RR_GO_ON;

    g_assert(!rr_replay_is_over(r));
    if (g_queue_is_empty(&r->host.queue)) {
        outcome = read_record(r);
    }
    *rec = g_queue_peek_head(&r->host.queue);
    return outcome;
}

void rr_replay_pop(struct rr_replay *r)
{
    struct rrlog_record *rec = g_queue_pop_head(&r->host.queue);
    struct rr_position *pos = &r->position;
    enum rr_goal goal = rr_goal_record_taken(pos->goal);

    g_assert(bql_locked());
    pos->records++;
    pos->consumed_bytes = 0;
    if (goal != pos->goal) {
        rr_replay_set_goal(r, goal);
        rr_replay_stop_here(r); /* a landmark may be in sight now */
    }
    if (rec->stamp == RRLOG_AT_LANDMARK) {
        r->host.queued_landmarks--;
        pos->landmarks++;
        pos->steps = 0;
    }
    rr_replay_note_recent(r, rec);
    free_record(rec);
}

enum rr_outcome rr_replay_next_landmark(struct rr_replay *r,
                                        const struct rrlog_record **rec)
{
    struct rr_host *host = &r->host;

    *rec = NULL;
    while (!host->queued_landmarks && !host->is_read &&
           g_queue_get_length(&host->queue) < READ_AHEAD_RECORDS) {
        enum rr_outcome outcome = read_record(r);

        if (outcome != RR_GO_ON) {
            return outcome;
        }
    }
    if (!host->queued_landmarks) {
        return RR_GO_ON;
    }
    for (GList *l = host->queue.head; l && !*rec; l = l->next) {
        const struct rrlog_record *queued = l->data;

        if (queued->stamp == RRLOG_AT_LANDMARK) {
            *rec = queued;
        }
    }
    return RR_GO_ON;
}
