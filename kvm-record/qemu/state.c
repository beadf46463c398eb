/*
 * The recorder's state, and how a recording fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qemu/error-report.h"

bool rr_recording;

RRRecorder rr_recorder = {
    /* What a guest sees of it: kernel-patch/README.md. */
    .config.epoch_us = RR_DEFAULT_epoch_us,
};

void rr_record_refuse(const char *what)
{
    error_report("rr-record: %s cannot be recorded; switch it off (rr-kvm "
                 "record does)", what);
    exit(1);
}

void rr_record_fail(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    if (rr_recorder.finished) {
        return;
    }
    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    rr_recorder.finished = true;
    rr_recorder.started = false;
    error_report("rr-record: recording into %s stopped: %s; the guest goes on",
                 rr_recorder.path, text);
    if (rr_recorder.writer) {
        rrlog_writer_close(rr_recorder.writer, false);
        rr_recorder.writer = NULL;
    }
}
