/*
 * Instructions whose results come from the log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/core/policy.h"

/* The epoch clock: the value of its last step, which is a landmark. */
static uint64_t read_clock(const char *what)
{
    if (!rr_replay.clock_is_set) {
        rr_replay_diverged("the guest did %s before the clock's first step",
                           what);
    }
    return rr_replay.clock;
}

bool rr_replay_insn(CPUState *cpu, enum rr_replay_insn insn)
{
    static const struct {
        enum rrlog_type type;
        const char *name;
        unsigned int flags_field;
    } table[] = {
        [RR_REPLAY_RDTSC] = { RRLOG_RDTSC, "RDTSC", 1 },
        [RR_REPLAY_RDTSCP] = { RRLOG_RDTSCP, "RDTSCP", 2 },
        [RR_REPLAY_RDPMC] = { RRLOG_RDPMC, "RDPMC", 2 },
    };
    CPUX86State *env = cpu_env(cpu);
    const struct rrlog_record *rec;
    bool gp;

    BQL_LOCK_GUARD();
    if (rr_replay.epoch_clock && insn != RR_REPLAY_RDPMC) {
        uint64_t value = read_clock(table[insn].name);

        env->regs[R_EAX] = (uint32_t)value;
        env->regs[R_EDX] = value >> 32;
        if (insn == RR_REPLAY_RDTSCP) {
            env->regs[R_ECX] = (uint32_t)env->tsc_aux;
        }
        return true;
    }
    rec = rr_replay_expect(table[insn].type, table[insn].name);
    if (!rec) {
        return true;
    }
    gp = rec->field[table[insn].flags_field] & 2;
    if (!gp) {
        env->regs[R_EAX] = (uint32_t)rec->field[0];
        env->regs[R_EDX] = rec->field[0] >> 32;
        if (insn == RR_REPLAY_RDTSCP) {
            env->regs[R_ECX] = (uint32_t)rec->field[1];
        }
    }
    rr_replay_pop();
    return !gp;
}

bool rr_replay_random(CPUState *cpu, uint64_t *value)
{
    const struct rrlog_record *rec;
    bool carry;

    *value = 0;
    BQL_LOCK_GUARD();
    rr_replay_outside_at_access();
    rec = rr_replay_head();
    rec = rr_replay_expect(rec && rec->type == RRLOG_RDSEED ? RRLOG_RDSEED
                                                            : RRLOG_RDRAND,
                           "RDRAND or RDSEED");
    if (!rec) {
        return false;
    }
    carry = rec->field[2] & 1;
    *value = carry ? rec->field[0] : 0;
    rr_replay_pop();
    return carry;
}

void rr_replay_hidden_random(CPUState *cpu)
{
    uint32_t eax, ebx, ecx, edx;

    /* APM volume 2, appendix C: SVM has no intercept for the two. */
    rr_replay_cpuid(cpu, 0, 0, &eax, &ebx, &ecx, &edx);
    if (ebx == CPUID_VENDOR_INTEL_1) {
        return;
    }
    BQL_LOCK_GUARD();
    rr_replay_diverged("the guest executed RDRAND or RDSEED, which CPUID hides "
                       "from it, but an AMD processor runs all the same: the "
                       "result is not in the log");
}

bool rr_replay_rdmsr(CPUState *cpu, uint32_t index, uint64_t *value, bool *gp)
{
    const struct rrlog_record *rec;

    if (rr_msr_is_cpu_state(index)) {
        return false;
    }
    *value = 0;
    *gp = false;
    BQL_LOCK_GUARD();
    if (rr_replay.epoch_clock && index == MSR_IA32_TSC) {
        *value = read_clock("RDMSR of the TSC");
        return true;
    }
    rec = rr_replay_expect(RRLOG_RDMSR, "RDMSR");
    if (!rec) {
        return true;
    }
    if (rec->field[1] != index) {
        rr_replay_diverged("RDMSR of %#x, the log has %#" PRIx64, index,
                           rec->field[1]);
        return true;
    }
    *value = rec->field[0];
    *gp = rec->field[2] & 1;
    rr_replay_pop();
    return true;
}

bool rr_replay_wrmsr(CPUState *cpu, uint32_t index, uint64_t value, bool *gp)
{
    const struct rrlog_record *rec;

    *gp = false;
    if (rr_msr_is_cpu_state(index)) {
        return false;
    }
    BQL_LOCK_GUARD();
    rec = rr_replay_expect(RRLOG_WRMSR, "WRMSR");
    if (!rec) {
        return true;
    }
    if (rec->field[0] != index) {
        rr_replay_diverged("WRMSR of %#x, the log has %#" PRIx64, index,
                           rec->field[0]);
        return true;
    }
    *gp = rec->field[1] & 1;
    if (index == MSR_IA32_APICBASE && !*gp) {
        rr_replay.apic_base = value;
    }
    rr_replay_pop();
    return true;
}

uint64_t rr_replay_read_cr8(void)
{
    return rr_replay.cr8;
}

void rr_replay_write_cr8(uint64_t value)
{
    rr_replay.cr8 = value & 0xf;
}

void rr_replay_cpuid(CPUState *cpu, uint32_t index, uint32_t count,
                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                     uint32_t *edx)
{
    CPUX86State *env = cpu_env(cpu);
    RRCpuidInputs in = {
        .cr4 = env->cr[4],
        .xcr0 = env->xcr0,
        .apic_enabled = rr_replay.apic_base & MSR_IA32_APICBASE_ENABLE,
    };

    rr_cpuid_lookup(&rr_replay.cpuid, &in, index, count, eax, ebx, ecx, edx);
}
