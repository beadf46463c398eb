/*
 * The big lock, which the vCPU keeps across KVM_RUN, and who waits for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

static unsigned int bql_waiters;
static QemuCond no_waiters;

void rr_record_bql_init_vm(void)
{
    qemu_cond_init(&no_waiters);
}

bool rr_record_bql_is_wanted(void)
{
    return qatomic_read(&bql_waiters);
}

void rr_record_bql_wait_begin(void)
{
    if (current_cpu) {
        return;
    }
    qatomic_inc(&bql_waiters);
    if (rr_recorder.cpu) {
        qemu_cpu_kick(rr_recorder.cpu);
    }
}

void rr_record_bql_wait_end(void)
{
    if (current_cpu) {
        return;
    }
    if (qatomic_fetch_dec(&bql_waiters) == 1 && rr_recorder.cpu) {
        qemu_cond_signal(&no_waiters);
    }
}

void rr_record_make_way(void)
{
    while (qatomic_read(&bql_waiters)) {
        qemu_cond_wait_bql(&no_waiters);
    }
}
