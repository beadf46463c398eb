/*
 * The stack on the way of rr_loop_find() through the code: where RSP goes, and
 * where RETs lead.  Like loop.h, plain C, and nothing has to be right.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_LOOP_STACK_H
#define RR_RECORD_LOOP_STACK_H

#include <capstone/capstone.h>

#include "kvm-record/qemu/loop.h"

#define RR_LOOP_CALLS 8

struct rr_loop_stack {
    const struct rr_loop_guest *guest;
    struct rr_loop_found *found; /* words are added */
    int64_t sp; /* from the landmark's RSP, in bytes */
    uint64_t bp; /* RBP */
    bool sp_is_known, bp_is_known;
    bool is_used; /* by PUSH or CALL */
    struct {
        uint64_t ip; /* where it returns to ... */
        int64_t sp; /* ... and where that stands */
    } calls[RR_LOOP_CALLS]; /* on the way */
    unsigned int depth;
};

/* ---- arithmetic of addresses ---- */

static inline uint64_t rr_loop_mask(unsigned int bits)
{
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static inline uint64_t rr_loop_linear(const struct rr_loop_guest *g,
                                      enum rr_segment segment, uint64_t offset)
{
    return (g->base[segment] + offset) &
           rr_loop_mask(g->code_bits == 64 ? 64 : 32);
}

/* ---- loop-stack.c ---- */

/** At the landmark of @guest. */
void rr_loop_stack_begin(struct rr_loop_stack *s,
                         const struct rr_loop_guest *guest,
                         struct rr_loop_found *found);

/** A near call, which returns to @next_ip.  False: too many. */
bool rr_loop_stack_call(struct rr_loop_stack *s, uint64_t next_ip);

/**
 * A near return: *@ip is where it goes to.  The word that it reads is added if
 * it is on the stack at the landmark.  False: that is not known.
 */
bool rr_loop_stack_return(struct rr_loop_stack *s, const cs_insn *insn,
                          uint64_t *ip);

/** Any other instruction. */
void rr_loop_stack_step(struct rr_loop_stack *s, const cs_insn *insn);

#endif
