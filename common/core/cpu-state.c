/*
 * The CPU state of a trace.  See cpu-state.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <string.h>

#include "common/core/cpu-state.h"

#define NAME_BYTES 64
#define SEGMENT_GRANULARITY (1ull << 23)
#define VALUES(array) (sizeof(array) / sizeof((array)[0]))

/* The members of an image are the values of a state, in order. */
_Static_assert(sizeof(struct rr_cpu_image) ==
               RR_CPU_STATE_COUNT * sizeof(uint64_t), "layout of CPU states");

void rr_cpu_image_to_state(const struct rr_cpu_image *im, RRCPUState *state)
{
    state->count = RR_CPU_STATE_COUNT;
    memcpy(state->value, im, sizeof(*im));
}

bool rr_cpu_image_from_data(struct rr_cpu_image *im, const void *data,
                            size_t bytes)
{
    if (bytes != sizeof(*im)) {
        return false;
    }
    memcpy(im, data, bytes);
    return true;
}

static void segment_name(uint32_t index, char *name)
{
    static const char *const segments[] = {
        "es", "cs", "ss", "ds", "fs", "gs", "ldt", "tr",
    };
    static const char *const parts[] = { "", ".base", ".limit", ".flags" };

    snprintf(name, NAME_BYTES, "%s%s", segments[index / 4], parts[index % 4]);
}

/* The values behind registers and segments. */
static void other_name(uint32_t index, char *name)
{
    static const struct {
        const char *name;
        uint32_t count; /* 0: one value, without a number */
        uint32_t parts; /* of each; 0: it has none */
    } groups[] = {
        { "gdtr", 2, 0 }, { "idtr", 2, 0 }, { "cr", 5, 0 },
        { "efer", 0, 0 }, { "xcr0", 0, 0 }, { "msr", 11, 0 },
        { "dr", 8, 0 }, { "fpu_control", 0, 0 }, { "fpu_status", 0, 0 },
        { "fpu_empty", 0, 0 }, { "mxcsr", 0, 0 }, { "fpr", 8, 2 },
        { "ymm", 16, 4 }, { "flags", 0, 0 },
    };
    uint32_t at = index;

    for (size_t i = 0; i < VALUES(groups); i++) {
        uint32_t parts = groups[i].parts ? groups[i].parts : 1;
        uint32_t values = groups[i].count ? groups[i].count * parts : 1;

        if (at >= values) {
            at -= values;
            continue;
        }
        if (!groups[i].count) {
            snprintf(name, NAME_BYTES, "%s", groups[i].name);
        } else if (!groups[i].parts) {
            snprintf(name, NAME_BYTES, "%s%u", groups[i].name, at);
        } else {
            snprintf(name, NAME_BYTES, "%s%u[%u]", groups[i].name, at / parts,
                     at % parts);
        }
        return;
    }
}

void rr_cpu_state_name(uint32_t index, char *name)
{
    const uint32_t segments_at = RR_REG_COUNT, others_at = segments_at + 8 * 4;

    snprintf(name, NAME_BYTES, "entry %u", index);
    if (index < segments_at) {
        snprintf(name, NAME_BYTES, "%s", rr_reg_name(index));
    } else if (index < others_at) {
        segment_name(index - segments_at, name);
    } else {
        other_name(index - others_at, name);
    }
}

/*
 * The granularity of a segment's limit shows nowhere: the limit is in bytes
 * here.  KVM makes the bit from the limit, TCG keeps the descriptor's.
 */
static uint64_t compared_bits(uint32_t index)
{
    const uint32_t at = RR_REG_COUNT, end = at + 8 * 4;
    bool is_flags = index >= at && index < end && (index - at) % 4 == 3;

    return is_flags ? ~SEGMENT_GRANULARITY : ~0ull;
}

int rr_cpu_state_compare(const RRCPUState *a, const RRCPUState *b, char *name)
{
    if (a->count != b->count) {
        snprintf(name, NAME_BYTES, "number of entries");
        return 0;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if ((a->value[i] ^ b->value[i]) & compared_bits(i)) {
            rr_cpu_state_name(i, name);
            return i;
        }
    }
    return -1;
}
