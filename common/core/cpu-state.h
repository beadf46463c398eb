/*
 * The CPU state of a trace: an array of 64-bit values with a fixed order, which
 * FORMAT.md, "CPU state", describes.  Plain C without QEMU; see cpu-env.h for
 * the CPU of QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPU_STATE_H
#define RR_CPU_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/landmark/landmark.h"

#define RR_CPU_STATE_COUNT 165 /* values of this layout */
#define RR_CPU_STATE_MAX 256 /* of any layout */

typedef struct RRCPUState {
    uint32_t count;
    uint64_t value[RR_CPU_STATE_MAX];
} RRCPUState;

/*
 * The same by name: values that a CPU has in other types, in 64 bits each.  The
 * order of the members is the format's.
 */
struct rr_cpu_image {
    uint64_t regs[RR_REG_COUNT];
    struct {
        uint64_t selector, base, limit, flags;
    } seg[8];
    uint64_t gdt[2], idt[2];
    uint64_t cr[5], efer, xcr0;
    uint64_t msr[11];
    uint64_t dr[8];
    uint64_t fpu_control, fpu_status, fpu_empty, mxcsr;
    uint64_t st[8][2];
    uint64_t ymm[16][4];
    uint64_t flags; /* bit 0: interrupt shadow, bit 1: NMI blocked */
};

/* The values of @im, in order. */
void rr_cpu_image_to_state(const struct rr_cpu_image *im, RRCPUState *state);

/*
 * The state that a record holds, @bytes at @data.  Returns false, and changes
 * nothing, if the size is not that of a state.
 */
bool rr_cpu_image_from_data(struct rr_cpu_image *im, const void *data,
                            size_t bytes);

/* The name of a value; @name is an array of 64 bytes. */
void rr_cpu_state_name(uint32_t index, char *name);

/*
 * Returns the first index at which @a and @b differ, or -1 if they are equal;
 * the granularity of segments does not count.
 * @name, an array of 64 bytes, gets the name of the differing register.
 */
int rr_cpu_state_compare(const RRCPUState *a, const RRCPUState *b, char *name);

#endif
