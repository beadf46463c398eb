/*
 * Undefined results of the selected family of processors: the half that runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "common/core/silicon.h"

const struct silicon_family *rr_silicon;
bool rr_x87_is_native;
void (*rr_x87_stop)(CPUState *cpu, const char *insn);

unsigned int rr_silicon_executes;
unsigned int rr_silicon_unknown_results;
void (*rr_hidden_stop)(CPUState *cpu, const char *insn);

bool rr_silicon_is_noting;
struct rr_silicon_note rr_silicon_note = { .form = SILICON_FORMS };
uint64_t rr_illegal_eip;

static const char *selected_name;

bool rr_silicon_select(const char *name, Error **errp)
{
    const struct silicon_family *f = silicon_family(name);

    if (!f) {
        error_setg(errp, "x-silicon=%s: the families are %s", name,
                   SILICON_NAMES);
        return false;
    }
    if (selected_name && selected_name != f->name) {
        error_setg(errp, "x-silicon=%s: another CPU has x-silicon=%s", name,
                   selected_name);
        return false;
    }
    selected_name = f->name;
    rr_silicon = f->is_tcg && !rr_silicon_is_noting ? NULL : f;
    rr_x87_is_native = !f->is_tcg;
    rr_silicon_executes = f->executes;
    rr_silicon_unknown_results = f->unknown_results;
    return true;
}

static struct silicon_insn unpack(uint32_t desc, target_ulong dest,
                                  target_ulong source, target_ulong result,
                                  uint64_t packed)
{
    return (struct silicon_insn) {
        .form = desc & 0xff,
        .width_bits = 8 << (desc >> 8 & 0xff),
        .is_register_by_immediate = desc >> 16,
        .dest = dest,
        .source = source,
        .result = result,
        .flags = packed & 0xffff,
        .flags_before = packed >> 16 & 0xffff,
        .count = packed >> 32,
    };
}

target_ulong helper_rr_silicon_flags(uint32_t desc, target_ulong dest,
                                     target_ulong source, target_ulong result,
                                     uint64_t packed)
{
    struct silicon_insn insn = unpack(desc, dest, source, result, packed);

    return silicon_flags(rr_silicon, &insn);
}

target_ulong helper_rr_silicon_double_shift(uint32_t desc, target_ulong dest,
                                            target_ulong source,
                                            target_ulong result,
                                            uint64_t packed)
{
    struct silicon_insn insn = unpack(desc, dest, source, result, packed);

    return silicon_result(rr_silicon, &insn);
}
