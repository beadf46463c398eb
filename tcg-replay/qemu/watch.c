/*
 * The watch: a guest that does not get on.
 *
 * A guest that spins without conditional branches, or takes one exception
 * after another, does not reach the next landmark and is not stopped by the
 * budget of branches.  The main loop looks once a second whether the guest has
 * retired a branch, taken a record or made a single step.  The replay ends
 * where the guest did none of these while its thread used many seconds of
 * processor time: one which waits, for gdb or on a busy host, is not ended.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "qemu/timer.h"

#define LOOK_INTERVAL_MS 1000

struct rr_watch {
    struct rr_replay *replay;
    QEMUTimer *timer;
    uint64_t records, steps, branches; /* when the guest last got on ... */
    int64_t thread_ns; /* ... and what its thread had used until then */
};

/* Processor time of the vCPU's thread, in ns. */
static int64_t thread_ns(const struct rr_replay *r)
{
    struct timespec t = { 0 };
    clockid_t clock;

    if (!pthread_getcpuclockid(r->host.cpu->thread->thread, &clock)) {
        clock_gettime(clock, &t);
    }
    return t.tv_sec * NANOSECONDS_PER_SECOND + t.tv_nsec;
}

/*
 * Has the guest got on?  The main thread reads while the guest runs: a value
 * that is old only means another second of waiting.
 */
static bool has_got_on(struct rr_watch *w)
{
    const struct rr_replay *r = w->replay;
    uint64_t records = r->position.records, steps = r->position.steps;
    uint64_t branches = rr_replay_branches(r);
    bool same = records == w->records && steps == w->steps &&
                branches == w->branches;

    w->records = records;
    w->steps = steps;
    w->branches = branches;
    return !same;
}

static bool is_stuck(struct rr_watch *w)
{
    int64_t used_ns = thread_ns(w->replay);

    if (has_got_on(w)) {
        w->thread_ns = used_ns;
    }
    return used_ns - w->thread_ns >
           w->replay->config.patience_s * NANOSECONDS_PER_SECOND;
}

/* In the vCPU's thread, between two translation blocks; BQL held. */
static void end_stuck(CPUState *cpu, run_on_cpu_data data)
{
    struct rr_watch *w = data.host_ptr;

    if (!rr_replay_is_over(w->replay) && is_stuck(w)) {
        rr_replay_diverged(w->replay, "the guest is stuck: no record taken and "
                           "no conditional branch in %u s of processor time",
                           w->replay->config.patience_s);
    }
}

static void look(void *opaque)
{
    struct rr_watch *w = opaque;

    if (rr_replay_is_over(w->replay)) {
        return;
    }
    if (is_stuck(w)) {
        async_run_on_cpu(w->replay->host.cpu, end_stuck,
                         RUN_ON_CPU_HOST_PTR(w));
    }
    timer_mod(w->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
              LOOK_INTERVAL_MS);
}

void rr_replay_start_watch(struct rr_replay *r)
{
    struct rr_watch *w;

    /* A debugger has ^C, and steps far without a branch. */
    if (!r->config.patience_s || rr_replay_has_debugger(r)) {
        return;
    }
    w = g_new0(struct rr_watch, 1); /* lives as long as the replay */
    w->replay = r;
    w->timer = timer_new_ms(QEMU_CLOCK_REALTIME, look, w);
    look(w);
}
