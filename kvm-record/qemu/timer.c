/*
 * Timers of the guest's devices, run by the vCPU's thread.
 *
 * The vCPU keeps the BQL while the guest runs, so the main loop would have to
 * call it out for each timer: an exit, and two switches of threads on top of
 * those that wake the main loop.  So the vCPU's thread runs the main loop's
 * timers of QEMU_CLOCK_VIRTUAL itself, as with icount: a POSIX timer sends
 * SIG_IPI to it while the guest runs; a halted vCPU waits until they are due.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "qemu/error-report.h"
#include "qemu/timer.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static timer_t host_timer;
static bool armed;   /* host_timer; the vCPU's thread only */
static bool changed; /* a timer comes earlier than host_timer knows */
static bool waiting; /* the vCPU is halted, in rr_record_wait_halted() */

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec) {
        .tv_sec = ns / NANOSECONDS_PER_SECOND,
        .tv_nsec = ns % NANOSECONDS_PER_SECOND,
    };
}

/* From now, in ns; -1: never. */
static int64_t deadline_ns(void)
{
    /* The clock stands still, e.g. until the machine is started. */
    return timerlist_deadline_ns(main_loop_tlg.tl[QEMU_CLOCK_VIRTUAL]);
}

void rr_record_timer_init_vm(void)
{
    rr_timers_in_vcpu_thread = true;
    qatomic_set(&changed, true);
}

void rr_record_timer_open(void)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = SIG_IPI,
        .sigev_notify_thread_id = qemu_get_thread_id(),
    };

    if (timer_create(CLOCK_MONOTONIC, &event, &host_timer) < 0) {
        error_report("rr-record: timer_create: %s", strerror(errno));
        exit(1);
    }
}

static void set_host_timer(int64_t ns)
{
    struct itimerspec at = { .it_value = to_timespec(ns) };

    armed = ns > 0;
    if (timer_settime(host_timer, 0, &at, NULL) < 0) {
        error_report("rr-record: timer_settime: %s", strerror(errno));
        abort();
    }
}

/* Any thread, with or without the BQL. */
void rr_record_timers_changed(void)
{
    qatomic_set_mb(&changed, true);
    if (qatomic_read(&waiting)) {
        qemu_cpu_kick(rr_recorder.cpu);
    }
}

void rr_record_timer_before_run(CPUState *cpu)
{
    int64_t ns;

    if (!qatomic_read(&changed)) {
        return;
    }
    qatomic_set_mb(&changed, false);
    ns = deadline_ns();
    if (ns == 0) {
        /* KVM_RUN does not run the guest, and rr_record_run_timers() is next. */
        qatomic_set(&cpu->kvm_run->immediate_exit, 1);
        qatomic_set(&changed, true);
    } else if (ns > 0 || armed) {
        set_host_timer(MAX(ns, 0));
    }
}

void rr_record_run_timers(void)
{
    if (rr_recorder.cpu && !rr_recorder.io_pending &&
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL)) {
        qatomic_set(&changed, true);
    }
}

void rr_record_wait_halted(CPUState *cpu, QemuMutex *bql)
{
    int64_t now_ns, ns;
    struct timespec until;

    qatomic_set_mb(&waiting, rr_recorder.cpu == cpu);
    ns = rr_recorder.cpu == cpu ? deadline_ns() : -1;
    if (ns < 0) {
        qemu_cond_wait(cpu->halt_cond, bql);
    } else if (ns > 0) {
        if (armed) {
            set_host_timer(0);
        }
        now_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
        until = to_timespec(now_ns + ns);
        /* qemu_cond_timedwait() knows milliseconds only. */
        pthread_cond_clockwait(&cpu->halt_cond->cond, &bql->lock,
                               CLOCK_MONOTONIC, &until);
    }
    qatomic_set(&waiting, false);
    qatomic_set(&changed, true);
    rr_record_run_timers();
}
