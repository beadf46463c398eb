/*
 * Timers of the guest's devices, run by the vCPU's thread.
 *
 * The vCPU keeps the BQL while the guest runs, so the main loop would have to
 * call it out for each timer: an exit, and two switches of threads on top of
 * those that wake the main loop.  So the vCPU's thread runs the main loop's
 * timers of QEMU_CLOCK_VIRTUAL itself, as with icount: a POSIX timer sends
 * SIG_IPI to it while the guest runs; a halted vCPU waits until they are due.
 *
 * Any thread may set a timer, without the BQL.  It stores "changed" and then
 * looks whether a vCPU waits; the vCPU stores that it waits and then looks for
 * the first timer.  There is a full barrier between the two on both sides, so
 * at least one of them sees the other's store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "qapi/error.h"
#include "qemu/timer.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec) {
        .tv_sec = ns / NANOSECONDS_PER_SECOND,
        .tv_nsec = ns % NANOSECONDS_PER_SECOND,
    };
}

/* From now, in ns; -1: never, for example before the machine is started. */
static int64_t deadline_ns(void)
{
    return timerlist_deadline_ns(main_loop_tlg.tl[QEMU_CLOCK_VIRTUAL]);
}

void rr_timer_init(struct rr_timer *t)
{
    rr_timers_in_vcpu_thread = true;
    qatomic_set(&t->changed, true);
}

bool rr_timer_open(struct rr_timer *t, Error **errp)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = SIG_IPI,
        .sigev_notify_thread_id = qemu_get_thread_id(),
    };

    if (timer_create(CLOCK_MONOTONIC, &event, &t->host) < 0) {
        error_setg(errp, "timer_create: %s", strerror(errno));
        return false;
    }
    return true;
}

/* In @ns from now; 0: not at all. */
static bool set_host_timer(struct rr_timer *t, int64_t ns, Error **errp)
{
    struct itimerspec at = { .it_value = to_timespec(ns) };

    t->armed = ns > 0;
    if (timer_settime(t->host, 0, &at, NULL) < 0) {
        error_setg(errp, "timer_settime: %s", strerror(errno));
        return false;
    }
    return true;
}

void rr_record_timers_changed(void)
{
    struct rr_timer *t = &rr_recorder.timer;
    CPUState *cpu;

    /* Pairs with the barrier in rr_record_wait_halted(). */
    qatomic_set_mb(&t->changed, true);
    cpu = qatomic_read(&t->waiting);
    if (cpu) {
        qemu_cpu_kick(cpu);
    }
}

void rr_timer_call_out(struct rr_timer *t, int64_t ns)
{
    t->limit_ns = ns;
}

bool rr_timer_call_out_now(struct rr_timer *t, int64_t ns)
{
    /* The deadline that it replaces is set again before the next entry. */
    qatomic_set(&t->changed, true);
    return set_host_timer(t, ns, NULL);
}

bool rr_timer_before_run(struct rr_timer *t, CPUState *cpu, Error **errp)
{
    int64_t ns, limit_ns = t->limit_ns;

    if (!qatomic_read(&t->changed) && !limit_ns) {
        return true;
    }
    /* Before the deadline is read: who changes it later sets this again. */
    qatomic_set_mb(&t->changed, false);
    t->limit_ns = 0;
    ns = deadline_ns();
    if (limit_ns && ns) {
        qatomic_set(&t->changed, true);
        ns = ns < 0 ? limit_ns : MIN(ns, limit_ns);
    }
    if (ns == 0) {
        /* KVM_RUN returns at once, and rr_record_run_timers() is next. */
        qatomic_set(&cpu->kvm_run->immediate_exit, 1);
        qatomic_set(&t->changed, true);
        return true;
    }
    return (ns < 0 && !t->armed) || set_host_timer(t, MAX(ns, 0), errp);
}

/* A timer's device may do anything that needs a boundary. */
static bool may_run_timers(const struct rr_vcpu *v)
{
    return v->cpu && rr_vcpu_is_at_boundary(v->state);
}

void rr_record_run_timers(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    g_assert(bql_locked());
    if (may_run_timers(v) && qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL)) {
        qatomic_set(&v->recorder->timer.changed, true);
    }
}

void rr_record_wait_halted(CPUState *cpu, QemuMutex *bql)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    struct rr_timer *t = &v->recorder->timer;
    int64_t now_ns, ns;
    struct timespec until;

    g_assert(bql_locked());
    /* Pairs with the barrier in rr_record_timers_changed(). */
    qatomic_set_mb(&t->waiting, v->cpu);
    ns = v->cpu ? deadline_ns() : -1;
    if (ns < 0) {
        qemu_cond_wait(cpu->halt_cond, bql);
    } else if (ns > 0) {
        if (t->armed) {
            /* An error leaves it running: one more signal does no harm. */
            set_host_timer(t, 0, NULL);
        }
        now_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
        until = to_timespec(now_ns + ns);
        /* qemu_cond_timedwait() knows milliseconds only. */
        pthread_cond_clockwait(&cpu->halt_cond->cond, &bql->lock,
                               CLOCK_MONOTONIC, &until);
    }
    qatomic_set(&t->waiting, NULL);
    qatomic_set(&t->changed, true);
    rr_record_run_timers(cpu);
}
