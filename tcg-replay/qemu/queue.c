/*
 * Records read ahead, up to the next landmark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"

/* Landmarks further ahead than this many records do not bound the budget. */
#define READ_AHEAD_RECORDS 65536

static void free_record(struct rrlog_record *rec)
{
    g_free((void *)rec->data);
    g_free(rec);
}

static bool read_record(void)
{
    struct rrlog_record rec;
    int ret;

    if (rr_replay.at_eof) {
        return false;
    }
    ret = rrlog_reader_next(rr_replay.reader, &rec);
    if (ret < 0) {
        rr_replay.at_eof = true;
        rr_replay_read_failed(ret);
        return false;
    }
    if (ret == 0) {
        rr_replay.at_eof = true;
        return false;
    }
    rec.data = g_memdup2(rec.data, rec.data_bytes);
    if (++rr_replay.records_read >= rr_replay.corrupt_record &&
        rr_replay.corrupt_record) {
        rr_replay_corrupt(&rec);
    }
    rr_replay.queued_landmarks += rec.stamp == RRLOG_AT_LANDMARK;
    g_queue_push_tail(&rr_replay.queue, g_memdup2(&rec, sizeof(rec)));
    return true;
}

const struct rrlog_record *rr_replay_head(void)
{
    if (g_queue_is_empty(&rr_replay.queue)) {
        read_record();
    }
    return rr_replay.finished ? NULL : g_queue_peek_head(&rr_replay.queue);
}

void rr_replay_pop(void)
{
    struct rrlog_record *rec = g_queue_pop_head(&rr_replay.queue);

    rr_replay.records++;
    rr_replay.consumed = 0;
    if (rr_replay.unbounded) {
        rr_replay.unbounded = false;
        rr_replay_stop_here(); /* a landmark may be in sight now */
    }
    if (rec->stamp == RRLOG_AT_LANDMARK) {
        rr_replay.queued_landmarks--;
        rr_replay.landmarks++;
        rr_replay.steps = 0;
        rr_replay.near_miss_valid = false;
    }
    rr_replay_note_recent(rec);
    free_record(rec);
}

/* The next landmark in the log bounds how long the guest may run. */
const struct rrlog_record *rr_replay_next_landmark(void)
{
    while (!rr_replay.queued_landmarks) {
        if (g_queue_get_length(&rr_replay.queue) >= READ_AHEAD_RECORDS ||
            !read_record()) {
            return NULL;
        }
    }
    for (GList *l = rr_replay.queue.head; l; l = l->next) {
        const struct rrlog_record *rec = l->data;

        if (rec->stamp == RRLOG_AT_LANDMARK) {
            return rec;
        }
    }
    return NULL;
}
