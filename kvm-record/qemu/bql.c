/*
 * The big lock (BQL), which the vCPU keeps across KVM_RUN, and who waits for
 * it.
 *
 * A thread that waits counts itself first and kicks the vCPU then; the vCPU
 * looks at the count at the next boundary.  If it looks before the thread has
 * counted itself, the kick makes its next KVM_RUN return at once, and it looks
 * again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

void rr_bql_init(struct rr_bql *b)
{
    qemu_cond_init(&b->none);
}

bool rr_bql_is_wanted(const struct rr_bql *b)
{
    return qatomic_read(&b->waiters);
}

void rr_bql_make_way(struct rr_bql *b)
{
    while (rr_bql_is_wanted(b)) {
        qemu_cond_wait_bql(&b->none);
    }
}

void rr_record_bql_wait_begin(void)
{
    struct rr_recorder *r = &rr_recorder;
    CPUState *cpu;

    if (current_cpu) {
        return;
    }
    qatomic_inc(&r->bql.waiters); /* a full barrier */
    for (int i = 0; i < RR_MAX_VCPUS; i++) {
        cpu = qatomic_read(&r->vcpus[i].cpu);
        if (cpu) {
            qemu_cpu_kick(cpu);
        }
    }
}

void rr_record_bql_wait_end(void)
{
    struct rr_recorder *r = &rr_recorder;

    if (current_cpu) {
        return;
    }
    /* Nobody waits for the condition before the first vCPU has run. */
    if (qatomic_fetch_dec(&r->bql.waiters) == 1 &&
        qatomic_read(&r->vcpus[0].cpu)) {
        qemu_cond_signal(&r->bql.none);
    }
}
