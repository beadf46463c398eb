/*
 * Appending records: their stamp, and the writer's errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

void rr_record_stamp(struct rrlog_record *rec)
{
    RRRecorder *s = &rr_recorder;

    rec->output_bytes = s->output_bytes;
    rec->output_hash = s->output_hash;
    if (s->in_access) {
        rec->stamp = RRLOG_AT_ACCESS;
    } else if (rec->stamp != RRLOG_AT_LANDMARK) {
        rec->stamp = RRLOG_AT_LANDMARK;
        rec->landmark = *rr_record_landmark();
    }
}

void rr_record_check(int ret)
{
    if (ret) {
        g_autofree char *why = g_strdup(rrlog_writer_error(rr_recorder.writer));

        rr_record_fail("%s", why);
    }
}

void rr_record_append(struct rrlog_record *rec)
{
    if (rr_recorder.started) {
        rr_record_stamp(rec);
        rr_record_check(rrlog_writer_append(rr_recorder.writer, rec));
    }
}
