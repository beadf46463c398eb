/*
 * The big lock (BQL), which the vCPU keeps across KVM_RUN, and who waits for
 * it.
 *
 * A thread that waits counts itself first and kicks the vCPU then; the vCPU
 * looks at the count at the next boundary.  If it looks before the thread has
 * counted itself, the kick makes its next KVM_RUN return at once, and it looks
 * again.
 *
 * A thread in run_on_cpu() waits for the vCPU's thread itself, which does such
 * work only outside of kvm_cpu_exec().  So the vCPU does not make way as long
 * as there is work for it: it leaves, does the work and makes way then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "system/cpus.h"

void rr_bql_init(struct rr_bql *b)
{
    qemu_cond_init(&b->none);
}

bool rr_bql_is_wanted(const struct rr_bql *b)
{
    return qatomic_read(&b->waiters);
}

void rr_bql_make_way(struct rr_bql *b, CPUState *cpu)
{
    while (rr_bql_is_wanted(b) && cpu_work_list_empty(cpu)) {
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
    if (bql_locked() && qatomic_read(&r->vcpus[0].cpu)) {
        /* run_on_cpu() has made work for a vCPU that may be making way. */
        qemu_cond_signal(&r->bql.none);
    }
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
