/*
 * The states of a recorder and of its vCPU: the edges of the diagrams in
 * state.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/state.h"
#include <stdio.h>
#include <stdlib.h>

#define BIT_OF(state) (1u << (state))

static const char *const vcpu_names[RR_VCPU_STATES] = {
    [RR_VCPU_BOUNDARY] = "boundary",
    [RR_VCPU_RUNNING] = "running",
    [RR_VCPU_ACCESS] = "access",
    [RR_VCPU_UNFINISHED] = "unfinished",
};

static const char *const life_names[RR_LIVES] = {
    [RR_LIFE_OFF] = "off",
    [RR_LIFE_RECORDING] = "recording",
    [RR_LIFE_ENDED] = "ended",
    [RR_LIFE_FAILED] = "failed",
};

/* The states that an edge leads to. */
static const unsigned int vcpu_edges[RR_VCPU_STATES] = {
    [RR_VCPU_BOUNDARY] = BIT_OF(RR_VCPU_RUNNING),
    [RR_VCPU_RUNNING] = BIT_OF(RR_VCPU_BOUNDARY) | BIT_OF(RR_VCPU_ACCESS),
    [RR_VCPU_ACCESS] = BIT_OF(RR_VCPU_UNFINISHED),
    [RR_VCPU_UNFINISHED] = BIT_OF(RR_VCPU_RUNNING),
};

static const unsigned int life_edges[RR_LIVES] = {
    [RR_LIFE_OFF] = BIT_OF(RR_LIFE_RECORDING) | BIT_OF(RR_LIFE_FAILED),
    [RR_LIFE_RECORDING] = BIT_OF(RR_LIFE_ENDED) | BIT_OF(RR_LIFE_FAILED),
    [RR_LIFE_ENDED] = BIT_OF(RR_LIFE_RECORDING),
    [RR_LIFE_FAILED] = BIT_OF(RR_LIFE_RECORDING),
};

const char *rr_vcpu_state_name(enum rr_vcpu_state state)
{
    return (unsigned int)state < RR_VCPU_STATES ? vcpu_names[state] : "?";
}

const char *rr_life_name(enum rr_life life)
{
    return (unsigned int)life < RR_LIVES ? life_names[life] : "?";
}

bool rr_vcpu_may_move(enum rr_vcpu_state from, enum rr_vcpu_state to)
{
    return (unsigned int)from < RR_VCPU_STATES &&
           (unsigned int)to < RR_VCPU_STATES && vcpu_edges[from] >> to & 1;
}

bool rr_life_may_change(enum rr_life from, enum rr_life to)
{
    return (unsigned int)from < RR_LIVES && (unsigned int)to < RR_LIVES &&
           life_edges[from] >> to & 1;
}

/* A bug of the recorder: what it records from here on could not be replayed. */
static void __attribute__((noreturn)) wrong(const char *who, const char *from,
                                            const char *to)
{
    fprintf(stderr, "rr-record: a bug: the %s is %s and cannot be %s\n", who,
            from, to);
    abort();
}

void rr_vcpu_move(enum rr_vcpu_state *state, enum rr_vcpu_state to)
{
    if (!rr_vcpu_may_move(*state, to)) {
        wrong("vCPU", rr_vcpu_state_name(*state), rr_vcpu_state_name(to));
    }
    *state = to;
}

void rr_life_change(enum rr_life *life, enum rr_life to)
{
    if (!rr_life_may_change(*life, to)) {
        wrong("recorder", rr_life_name(*life), rr_life_name(to));
    }
    *life = to;
}

bool rr_vcpu_is_at_boundary(enum rr_vcpu_state state)
{
    return state == RR_VCPU_BOUNDARY;
}

bool rr_vcpu_stamps_at_access(enum rr_vcpu_state state)
{
    if (state == RR_VCPU_RUNNING) {
        wrong("vCPU", rr_vcpu_state_name(state), "recorded");
    }
    return state == RR_VCPU_ACCESS;
}

enum rr_entry rr_entry_choose(enum rr_vcpu_state state,
                              const struct rr_entry_facts *facts)
{
    switch (state) {
    case RR_VCPU_BOUNDARY:
        /*
         * Nothing may be injected before a KVM_RUN that is left out: kvm_run
         * would not show that KVM has an interrupt, and the next one would
         * overwrite it.
         */
        return facts->regs_in_run && facts->immediate_exit ? RR_STAY_OUT
                                                           : RR_ENTER;
    case RR_VCPU_UNFINISHED:
        return facts->wanted ? RR_ENTER_FINISH_ONLY : RR_ENTER;
    default:
        wrong("vCPU", rr_vcpu_state_name(state), "entered");
    }
}
