/*
 * Where a replay is: all that a checkpoint needs beside the CPU and RAM.
 *
 * Plain data without pointers, so that a copy of it is a position too.  The
 * count of branches is the CPU's (env->rr).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_POSITION_H
#define RR_REPLAY_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/cpu-state.h"
#include "common/logfmt/rrlog.h"
#include "tcg-replay/qemu/goal.h"

#define RR_MAX_SLOTS RRLOG_MAX_SLOTS

/* The guest-physical memory of one slot: a part of a RAM block. */
struct rr_memory_slot {
    uint64_t gpa;
    uint64_t size_bytes; /* 0: the slot is empty */
    uint64_t offset_bytes; /* in the block */
    uint32_t block;
    bool readonly;
};

/* A serial or debug port: console.c. */
#define RR_CONSOLES 6
struct rr_console {
    uint8_t line_control, modem_control; /* registers of the 16550 */
    bool has_answered; /* a debug port: it is there */
    bool has_output;
    bool is_inside_line; /* of the first one: what was shown has no newline */
    uint16_t line_bytes;
    char line[256]; /* not yet shown */
};

struct rr_position {
    /* In the log. */
    enum rr_goal goal;
    uint64_t records; /* taken */
    uint64_t landmarks; /* passed */
    size_t consumed_bytes; /* of the next record's data, given to the guest */
    uint32_t ins_port; /* plus 1: INS has begun and not read; 0: none */
    uint64_t steps; /* single instructions since the last landmark */
    struct rr_landmark last_dma; /* of the last dma record with a landmark */
    uint64_t lost_at_branches; /* for RR_GOAL_TO_ACCESS_UNBOUNDED */

    /* Output of the guest so far. */
    uint64_t output_bytes;
    uint64_t output_hash;

    /* CPU state that TCG does not keep. */
    bool halted;
    bool shut_down; /* after a triple fault, until the reset */
    uint64_t cr8;
    uint64_t apic_base;
    bool clock_is_set;
    uint64_t clock; /* the last step of the epoch clock */

    /* The environment. */
    struct rr_memory_slot slots[RR_MAX_SLOTS];
    struct rr_console consoles[RR_CONSOLES];

    /* For RR_GOAL_AT_END: what the end record says, and what was found. */
    RRCPUState end_state;
    uint64_t digest_errors;
};

#endif
