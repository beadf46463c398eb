/*
 * The states of a recorder and of its vCPU.
 *
 * Plain C without QEMU.  An edge that is not in a diagram ends the program, in
 * every build.
 *
 * The vCPU, from one KVM_RUN to the next:
 *
 *               run              exit_begin            exit_end
 *   BOUNDARY ----------> RUNNING ----------> ACCESS ----------> UNFINISHED
 *      ^                  |  ^                                      |
 *      |  any other exit, |  |                 run                  |
 *      +------------------+  +--------------------------------------+
 *         or a signal
 *
 *   state       where the guest is              what may happen
 *   BOUNDARY    between two instructions        threads get the BQL, events
 *                                               are injected; landmark
 *   RUNNING     in KVM_RUN                      no record
 *   ACCESS      in the instruction that exited  devices work; stamped at access
 *   UNFINISHED  as before, for KVM finishes     no other thread gets the BQL,
 *               the instruction at its next     no event is injected; landmark
 *               entry
 *
 * The names at the edges are those of the hooks (common/core/hooks.h).  An
 * access is an exit that KVM finishes at the next KVM_RUN: a port, MMIO, an
 * MSR, or an instruction of KVM_CAP_X86_RECORD.  A write to a read-only slot is
 * one too, but it is finished before its device works: exit_begin takes it
 * through all states, to BOUNDARY.
 *
 * The recorder:
 *
 *   OFF ----> RECORDING ----> ENDED
 *    |         |  ^  ^            |
 *    |         |  |  +- - - - - - +
 *    |         v  |
 *    +-----> FAILED
 *
 * The edges back to RECORDING are those of a recorder that the user starts and
 * stops while the guest runs (rr-kvm run).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_STATE_H
#define RR_RECORD_STATE_H

#include <stdbool.h>
#include "common/core/entry.h"

enum rr_vcpu_state {
    RR_VCPU_BOUNDARY, /* also before the first KVM_RUN */
    RR_VCPU_RUNNING,
    RR_VCPU_ACCESS,
    RR_VCPU_UNFINISHED,
    RR_VCPU_STATES
};

enum rr_life {
    RR_LIFE_OFF, /* no record can be written yet */
    RR_LIFE_RECORDING,
    RR_LIFE_ENDED, /* the trace is complete */
    RR_LIFE_FAILED, /* the trace is cut off; the guest goes on */
    RR_LIVES
};

/* What the choice of an entry depends on, besides the state. */
struct rr_entry_facts {
    /* kvm_run has the guest's registers: no KVM_RUN is needed to get them. */
    bool regs_in_run;
    /* A signal came after the last KVM_RUN: the next one returns at once. */
    bool immediate_exit;
    /* A thread waits for the BQL, or an event or a request for the vCPU. */
    bool wanted;
};

/** The name of a state, for trace events and messages; "?" if it is none. */
const char *rr_vcpu_state_name(enum rr_vcpu_state state);
const char *rr_life_name(enum rr_life life);

/** Is there an edge from @from to @to in the diagram? */
bool rr_vcpu_may_move(enum rr_vcpu_state from, enum rr_vcpu_state to);
bool rr_life_may_change(enum rr_life from, enum rr_life to);

/** Follow an edge of the diagram; abort()s if there is none. */
void rr_vcpu_move(enum rr_vcpu_state *state, enum rr_vcpu_state to);
void rr_life_change(enum rr_life *life, enum rr_life to);

/** May the vCPU release the BQL, and take interrupts? */
bool rr_vcpu_is_at_boundary(enum rr_vcpu_state state);

/**
 * Is a record that is made now stamped at access (else at the landmark)?
 * abort()s in RUNNING, where no record can be made.
 */
bool rr_vcpu_stamps_at_access(enum rr_vcpu_state state);

/** The vCPU's next entry; abort()s in RUNNING and ACCESS. */
enum rr_entry rr_entry_choose(enum rr_vcpu_state state,
                              const struct rr_entry_facts *facts);

#endif
