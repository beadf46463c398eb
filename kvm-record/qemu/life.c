/*
 * The recorder of this process, its life, and how it fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qemu/error-report.h"
#include "kvm-record/qemu/trace.h"

bool rr_recording;

struct rr_recorder rr_recorder = {
    /* kernel-patch/README.md says what a guest sees of it. */
    .config = { .epoch_us = RR_DEFAULT_epoch_us },
};

struct rr_vcpu *rr_vcpu_of(const CPUState *cpu)
{
    g_assert(cpu->cpu_index < RR_MAX_VCPUS);
    return &rr_recorder.vcpus[cpu->cpu_index];
}

void rr_recorder_change(struct rr_recorder *r, enum rr_life life)
{
    trace_rr_record_life(rr_life_name(r->life), rr_life_name(life));
    rr_life_change(&r->life, life);
}

/* No recording is on, and none can begin. */
static void refuse(struct rr_recorder *r, const char *why)
{
    if (!r->refusal) {
        r->refusal = g_strdup(why);
        warn_report("rr-record: this machine cannot be recorded any more: %s",
                    why);
    }
}

void rr_recorder_fail(struct rr_recorder *r, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    g_assert(bql_locked());
    if (!r->is_armed &&
        (r->life == RR_LIFE_ENDED || r->life == RR_LIFE_FAILED)) {
        return;
    }
    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (r->is_armed && r->life != RR_LIFE_RECORDING) {
        refuse(r, text);
        return;
    }
    rr_recorder_change(r, RR_LIFE_FAILED);
    error_report("rr-record: recording into %s stopped: %s; the guest goes on",
                 r->path, text);
    if (r->writer) {
        rrlog_writer_close(r->writer, false);
        r->writer = NULL;
    }
}
