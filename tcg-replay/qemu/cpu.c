/*
 * Instructions whose results come from the log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "common/core/policy.h"
#include "common/core/silicon.h"

/* Flags of results; see FORMAT.md, "Record types". */
#define RESULT_CARRY 1 /* of RDRAND and RDSEED: a value was there */
#define RESULT_GP 2 /* #GP instead of a value */

static void set_edx_eax(CPUX86State *env, uint64_t value)
{
    env->regs[R_EAX] = (uint32_t)value;
    env->regs[R_EDX] = value >> 32;
}

/* The epoch clock: the value of its last step.  False: the replay is over. */
static bool read_clock(struct rr_replay *r, const char *what, uint64_t *value)
{
    if (rr_replay_is_over(r)) {
        return false;
    }
    if (!r->position.clock_is_set) {
        rr_replay_diverged(r, "the guest did %s before the clock's first step",
                           what);
        return false;
    }
    *value = r->position.clock;
    return true;
}

bool rr_replay_rdtsc(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;
    uint64_t value = 0;
    bool gp;

    BQL_LOCK_GUARD();
    if (r->config.epoch_clock) {
        read_clock(r, "RDTSC", &value);
        set_edx_eax(cpu_env(cpu), value);
        return true;
    }
    rec = rr_replay_expect(r, RRLOG_RDTSC, "RDTSC");
    if (!rec) {
        return true;
    }
    gp = rec->rdtsc.flags & RESULT_GP;
    if (!gp) {
        set_edx_eax(cpu_env(cpu), rec->rdtsc.value);
    }
    rr_replay_pop(r);
    return !gp;
}

bool rr_replay_rdtscp(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    CPUX86State *env = cpu_env(cpu);
    const struct rrlog_record *rec;
    uint64_t value = 0;
    bool gp;

    BQL_LOCK_GUARD();
    if (r->config.epoch_clock) {
        read_clock(r, "RDTSCP", &value);
        set_edx_eax(env, value);
        env->regs[R_ECX] = (uint32_t)env->tsc_aux;
        return true;
    }
    rec = rr_replay_expect(r, RRLOG_RDTSCP, "RDTSCP");
    if (!rec) {
        return true;
    }
    gp = rec->rdtscp.flags & RESULT_GP;
    if (!gp) {
        set_edx_eax(env, rec->rdtscp.value);
        env->regs[R_ECX] = (uint32_t)rec->rdtscp.aux;
    }
    rr_replay_pop(r);
    return !gp;
}

bool rr_replay_rdpmc(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;
    bool gp;

    BQL_LOCK_GUARD();
    rec = rr_replay_expect(r, RRLOG_RDPMC, "RDPMC");
    if (!rec) {
        return true;
    }
    gp = rec->rdpmc.flags & RESULT_GP;
    if (!gp) {
        set_edx_eax(cpu_env(cpu), rec->rdpmc.value);
    }
    rr_replay_pop(r);
    return !gp;
}

/* TCG has one helper for both; the log says which one the guest executed. */
static const struct rrlog_record *expect_random(struct rr_replay *r)
{
    const struct rrlog_record *rec;
    enum rrlog_type type = RRLOG_RDRAND;

    if (rr_replay_is_over(r) || rr_replay_apply_at_access(r) != RR_GO_ON ||
        rr_replay_head(r, &rec) != RR_GO_ON) {
        return NULL;
    }
    if (rec && rec->type == RRLOG_RDSEED) {
        type = RRLOG_RDSEED;
    }
    return rr_replay_expect(r, type, "RDRAND or RDSEED");
}

bool rr_replay_random(CPUState *cpu, uint64_t *value)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;
    uint64_t flags;

    *value = 0;
    BQL_LOCK_GUARD();
    rec = expect_random(r);
    if (!rec) {
        return false;
    }
    if (rec->type == RRLOG_RDSEED) {
        flags = rec->rdseed.flags;
        *value = rec->rdseed.value;
    } else {
        flags = rec->rdrand.flags;
        *value = rec->rdrand.value;
    }
    rr_replay_pop(r);
    if (!(flags & RESULT_CARRY)) {
        *value = 0;
    }
    return flags & RESULT_CARRY;
}

void rr_replay_hidden_random(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    uint32_t eax, ebx, ecx, edx;

    /* APM volume 2, appendix C: SVM has no intercept for the two. */
    rr_replay_cpuid(cpu, 0, 0, &eax, &ebx, &ecx, &edx);
    if (ebx == CPUID_VENDOR_INTEL_1) {
        return;
    }
    BQL_LOCK_GUARD();
    if (rr_replay_is_over(r)) {
        return;
    }
    rr_replay_diverged(r, "the guest executed RDRAND or RDSEED, which CPUID "
                       "hides from it, but an AMD processor runs all the same: "
                       "the result is not in the log");
}

void rr_replay_hidden_differs(CPUState *cpu, const char *insn)
{
    struct rr_replay *r = rr_replay_get();

    BQL_LOCK_GUARD();
    if (rr_replay_is_over(r)) {
        return;
    }
    rr_replay_diverged(r, "the guest executed %s, which CPUID hides from it, "
                       "but a processor runs all the same: what it leaves on "
                       "the recording processor (%s) is not known", insn,
                       r->config.silicon);
}

void rr_replay_x87_differs(CPUState *cpu, const char *insn)
{
    struct rr_replay *r = rr_replay_get();
    struct rrlog_reader *reader = r->host.reader;
    const char *processor = rrlog_reader_manifest(reader, "host.cpu");

    BQL_LOCK_GUARD();
    if (rr_replay_is_over(r)) {
        return;
    }
    rr_replay_diverged(r, "the guest executed %s, whose result depends on the "
                       "kind of processor: the recording's was %s (x87 "
                       "fingerprint %s), this one has %016" PRIx64 "; replay "
                       "on a processor of that kind", insn,
                       processor ? processor : "unknown",
                       rrlog_reader_manifest(reader, "cpu.x87_fingerprint"),
                       silicon_x87_fingerprint());
}

bool rr_replay_rdmsr(CPUState *cpu, uint32_t index, uint64_t *value, bool *gp)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;

    if (rr_msr_is_cpu_state(index)) {
        return false;
    }
    *value = 0;
    *gp = rr_msr_is_x2apic(index);
    if (*gp) {
        return true;
    }
    BQL_LOCK_GUARD();
    if (r->config.epoch_clock && index == MSR_IA32_TSC) {
        read_clock(r, "RDMSR of the TSC", value);
        return true;
    }
    rec = rr_replay_expect(r, RRLOG_RDMSR, "RDMSR");
    if (!rec) {
        return true;
    }
    if (rec->rdmsr.index != index) {
        rr_replay_diverged(r, "RDMSR of 0x%x, the log has 0x%" PRIx64, index,
                           rec->rdmsr.index);
        return true;
    }
    *value = rec->rdmsr.value;
    *gp = rec->rdmsr.fault & 1;
    rr_replay_pop(r);
    return true;
}

bool rr_replay_wrmsr(CPUState *cpu, uint32_t index, uint64_t value, bool *gp)
{
    struct rr_replay *r = rr_replay_get();
    const struct rrlog_record *rec;

    *gp = rr_msr_is_x2apic(index);
    if (*gp) {
        return true;
    }
    if (rr_msr_is_cpu_state(index)) {
        return false;
    }
    BQL_LOCK_GUARD();
    rec = rr_replay_expect(r, RRLOG_WRMSR, "WRMSR");
    if (!rec) {
        return true;
    }
    if (rec->wrmsr.index != index) {
        rr_replay_diverged(r, "WRMSR of 0x%x, the log has 0x%" PRIx64, index,
                           rec->wrmsr.index);
        return true;
    }
    *gp = rec->wrmsr.fault & 1;
    if (index == MSR_IA32_APICBASE && !*gp) {
        r->position.apic_base = value;
    }
    rr_replay_pop(r);
    return true;
}

uint64_t rr_replay_read_cr8(void)
{
    return rr_replay_get()->position.cr8;
}

void rr_replay_write_cr8(uint64_t value)
{
    rr_replay_get()->position.cr8 = value & 0xf;
}

void rr_replay_cpuid(CPUState *cpu, uint32_t index, uint32_t count,
                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                     uint32_t *edx)
{
    struct rr_replay *r = rr_replay_get();
    CPUX86State *env = cpu_env(cpu);
    RRCpuidInputs in = {
        .cr4 = env->cr[4],
        .xcr0 = env->xcr0,
        .apic_enabled = r->position.apic_base & MSR_IA32_APICBASE_ENABLE,
    };

    rr_cpuid_lookup(&r->config.cpuid, &in, index, count, eax, ebx, ecx, edx);
}
