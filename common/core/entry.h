/*
 * How a vCPU that is recorded enters KVM_RUN.
 *
 * Plain C without QEMU: the recorder's hooks return and take it (hooks.h), and
 * its state machine chooses it (kvm-record/qemu/state.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_ENTRY_H
#define RR_ENTRY_H

enum rr_entry {
    /* Inject what is due, then run the guest. */
    RR_ENTER,
    /* Inject nothing: KVM_RUN finishes the last instruction and returns. */
    RR_ENTER_FINISH_ONLY,
    /* Inject nothing and leave KVM_RUN out: it would return at once. */
    RR_STAY_OUT,
};

#endif
