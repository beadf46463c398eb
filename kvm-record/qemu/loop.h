/*
 * Loops without a conditional branch, and returns.
 *
 * A landmark does not tell the iterations of such a loop apart if they leave
 * the registers as they are (1: incq (mem); jmp 1b).  What differs then is
 * memory alone.  So what the loop's instructions name is looked for here, and
 * the recorder logs its content.
 *
 * Nor does it tell apart two calls of one function, or of two that return by
 * the same RET, if no register differs: the return address does, on the stack.
 * So the words are looked for here that the next RETs read, and the recorder
 * logs them.
 *
 * Plain C without QEMU, for unit tests.  Nothing here has to be right: a range
 * too many costs some bytes in the trace, and one too few leaves the iterations
 * alike.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_LOOP_H
#define RR_RECORD_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/landmark/landmark.h"

/* What a loop's instructions name, at most; more is left out. */
#define RR_LOOP_RANGES 32

/* In the order of the segment registers' numbers. */
enum rr_segment {
    RR_SEGMENT_ES,
    RR_SEGMENT_CS,
    RR_SEGMENT_SS,
    RR_SEGMENT_DS,
    RR_SEGMENT_FS,
    RR_SEGMENT_GS,
    RR_SEGMENTS
};

/* A guest between two instructions. */
struct rr_loop_guest {
    const struct rr_landmark *landmark; /* its registers */
    unsigned int code_bits; /* 16, 32 or 64: the mode of its code segment */
    uint64_t base[RR_SEGMENTS]; /* in 64-bit mode of FS and GS alone */
    /* Read memory at a linear address; returns how many bytes there are. */
    size_t (*read)(void *opaque, uint64_t linear, void *data, size_t bytes);
    void *opaque; /* for read() */
};

/* Memory at linear addresses. */
struct rr_loop_range {
    uint64_t linear;
    size_t bytes; /* 1 .. 4096 */
};

/* Return addresses on the stack, at most; later ones are left out. */
#define RR_LOOP_WORDS 8

struct rr_loop_found {
    struct rr_loop_range ranges[RR_LOOP_RANGES]; /* what the loop names */
    size_t range_count; /* 0: there is no loop, or it names no memory */
    uint64_t words[RR_LOOP_WORDS]; /* linear addresses; code_bits each */
    size_t word_count;
};

/** A disassembler of one thread; NULL before its first use. */
struct rr_loop_decoder;

/**
 * Does @guest come back to where it is without a conditional branch, an access
 * of a port or an instruction that the log has?  Jumps, calls and returns whose
 * target is known are followed, over 24 instructions.
 * @decoder: kept from call to call, for rr_loop_free().
 * @found: the memory that such a loop names; and, loop or not, which words that
 * are on the stack now RETs read up to the first such instruction.
 */
void rr_loop_find(struct rr_loop_decoder **decoder,
                  const struct rr_loop_guest *guest,
                  struct rr_loop_found *found);

/**
 * Was there neither a loop nor a RET at @landmark the last time?  Of code in
 * the upper half of the address space alone, with the same RSP.  @decoder may
 * be NULL.
 */
bool rr_loop_is_known(struct rr_loop_decoder *decoder,
                      const struct rr_landmark *landmark);

/** @decoder may be NULL. */
void rr_loop_free(struct rr_loop_decoder *decoder);

#endif
