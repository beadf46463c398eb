/*
 * Debug exceptions of instructions that KVM emulates.  Its emulator looks at no
 * watchpoint, and raises the trap of a single step only where it returns to the
 * guest itself, not where the last access of the instruction leaves to QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "exec/cpu-common.h"
#include "tcg/insn-start-words.h"

/* Of a REP the emulator returns when it has done so many iterations at most. */
#define ITERATIONS_MASK 0x3ff
#define DR7_ENABLED 0xff

void rr_replay_note_mmio(struct rr_replay *r, unsigned int did)
{
    CPUX86State *env = r->host.env;

    env->rr.did = (env->rr.did & ~RR_DID_WRITE) | did;
    if (!QTAILQ_EMPTY(&r->host.cpu->watchpoints)) {
        r->host.mmio_at.branches = rr_replay_branches(r);
        rr_landmark_from_env(env, &r->host.mmio_at);
    }
}

bool rr_replay_drops_step(CPUState *cpu)
{
    const CPUX86State *env = cpu_env(cpu);
    unsigned int did = env->rr.did;

    /* Of what it has read ahead for INS, the emulator writes all. */
    if ((did & RR_DID_WRITE) || rr_replay_get()->position.consumed_bytes) {
        return true;
    }
    return (did & RR_DID_ITERATION) && !(did & RR_DID_INS) &&
           (env->regs[R_ECX] & ITERATIONS_MASK);
}

/* Has the instruction at @ra, which is not done, accessed a register before? */
static bool has_accessed_mmio(CPUState *cpu, uintptr_t ra)
{
    struct rr_replay *r = rr_replay_get();
    uint64_t here[TARGET_INSN_START_WORDS], there[TARGET_INSN_START_WORDS];
    struct rr_landmark now;

    if (r->host.mmio_at.branches != rr_replay_branches(r) ||
        !cpu_unwind_state_data(cpu, ra, here) ||
        !cpu_unwind_state_data(cpu, cpu->mem_io_pc, there) ||
        here[0] != there[0]) {
        return false;
    }
    rr_landmark_from_env(r->host.env, &now);
    return rr_landmark_first_difference(&now, &r->host.mmio_at, 0) ==
           RR_REG_COUNT;
}

bool rr_replay_ignores_watchpoints(CPUState *cpu, bool mmio, uintptr_t ra)
{
    /* gdb is told, if the guest has no watchpoints itself. */
    return (cpu_env(cpu)->dr[7] & DR7_ENABLED) &&
           (mmio || has_accessed_mmio(cpu, ra));
}
