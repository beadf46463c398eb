/*
 * The log: its next record, and the next landmark behind that.
 *
 * Two readers go over the same trace.  One fetches the record that is next,
 * with its data.  The other runs ahead, without data, to find the landmark that
 * bounds how far the guest may run.  So the memory that this takes does not
 * depend on how far away the landmark is.
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

/* Read one record; *@rec stays as it is at the end of the log. */
static enum rr_outcome read_record(struct rr_replay *r,
                                   struct rr_log_reader *from,
                                   struct rrlog_record *rec)
{
    struct rrlog_record next;
    int ret;

    do {
        ret = rrlog_reader_next(from->reader, &next);
        /* Of images the reader with data shows the bytes alone. */
    } while (ret > 0 && next.type == RRLOG_IMAGE);
    if (ret < 0) {
        return rr_replay_read_failed(r, from->reader, ret);
    }
    if (ret == 0) {
        from->is_read = true;
        return RR_GO_ON;
    }
    *rec = next;
    from->records++;
    return RR_GO_ON;
}

enum rr_outcome rr_replay_head(struct rr_replay *r,
                               const struct rrlog_record **rec)
{
    struct rr_log *log = &r->host.log;
    enum rr_outcome outcome = RR_GO_ON;

    g_assert(!rr_replay_is_over(r));
    if (!log->head_is_valid && !log->next.is_read) {
        outcome = read_record(r, &log->next, &log->head);
        if (outcome == RR_GO_ON && !log->next.is_read) {
            log->head_is_valid = true;
            rr_replay_corrupt(r, log->next.records, &log->head);
        }
    }
    *rec = rr_replay_peek(r);
    return outcome;
}

void rr_replay_pop(struct rr_replay *r)
{
    struct rr_log *log = &r->host.log;
    struct rr_position *pos = &r->position;
    enum rr_goal goal = rr_goal_record_taken(pos->goal);

    g_assert(bql_locked() && log->head_is_valid);
    log->head_is_valid = false;
    pos->records++;
    pos->consumed_bytes = 0;
    if (goal != pos->goal) {
        rr_replay_set_goal(r, goal);
        rr_replay_stop_here(r); /* a landmark may be in sight now */
    }
    if (log->head.stamp == RRLOG_AT_LANDMARK) {
        pos->landmarks += !pos->shut_down; /* its registers are compared */
        pos->steps = 0;
        if (log->head.type == RRLOG_DMA) {
            pos->last_dma = log->head.landmark;
        }
    }
    rr_replay_note_recent(r, &log->head);
}

enum rr_outcome rr_replay_next_landmark(struct rr_replay *r,
                                        const struct rrlog_record **rec)
{
    struct rr_log *log = &r->host.log;
    struct rr_log_reader *ahead = &log->ahead;
    uint64_t taken = r->position.records;

    *rec = NULL;
    while (log->landmark_number <= taken && !ahead->is_read &&
           ahead->records < taken + READ_AHEAD_RECORDS) {
        struct rrlog_record next;
        enum rr_outcome outcome = read_record(r, ahead, &next);

        if (outcome != RR_GO_ON) {
            return outcome;
        }
        if (!ahead->is_read && next.stamp == RRLOG_AT_LANDMARK) {
            log->landmark = next;
            log->landmark.data = NULL;
            log->landmark_number = ahead->records;
            rr_replay_corrupt(r, ahead->records, &log->landmark);
        }
    }
    if (log->landmark_number > taken) {
        *rec = &log->landmark;
    }
    return RR_GO_ON;
}

/* ---- places ---- */

struct rr_log_place {
    struct rrlog_mark *next_mark, *ahead_mark;
    struct rr_log log; /* its .head.data is a copy */
};

void rr_replay_log_place_free(struct rr_log_place *place)
{
    if (place) {
        rrlog_mark_free(place->next_mark);
        rrlog_mark_free(place->ahead_mark);
        g_free((void *)place->log.head.data);
        g_free(place);
    }
}

struct rr_log_place *rr_replay_mark_log(const struct rr_replay *r)
{
    const struct rr_log *log = &r->host.log;
    struct rr_log_place *place = g_new0(struct rr_log_place, 1);

    place->log = *log;
    place->log.head.data = log->head_is_valid && log->head.data ?
        g_memdup2(log->head.data, log->head.data_bytes) : NULL;
    if (rrlog_reader_mark(log->next.reader, &place->next_mark) ||
        rrlog_reader_mark(log->ahead.reader, &place->ahead_mark)) {
        rr_replay_log_place_free(place);
        return NULL;
    }
    return place;
}

size_t rr_replay_log_place_bytes(const struct rr_log_place *place)
{
    /* Each mark has a state of about this size. */
    return sizeof(*place) + 2 * (128 << 10) +
           (place->log.head.data ? place->log.head.data_bytes : 0);
}

enum rr_outcome rr_replay_return_log(struct rr_replay *r,
                                     const struct rr_log_place *place)
{
    struct rr_log *log = &r->host.log;
    void *data = log->returned_data;
    int ret;

    *log = place->log;
    g_free(data);
    log->returned_data = NULL;
    if (log->head.data) {
        log->returned_data = g_memdup2(log->head.data, log->head.data_bytes);
        log->head.data = log->returned_data;
    }
    ret = rrlog_reader_return(log->next.reader, place->next_mark);
    if (ret) {
        return rr_replay_read_failed(r, log->next.reader, ret);
    }
    ret = rrlog_reader_return(log->ahead.reader, place->ahead_mark);
    return ret ? rr_replay_read_failed(r, log->ahead.reader, ret) : RR_GO_ON;
}
