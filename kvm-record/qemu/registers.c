/*
 * CPU state that QEMU reads from KVM and writes back: resets, INIT, the
 * debugger.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

void rr_record_got_registers(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);

    g_assert(bql_locked());
    if (v->recorder->life == RR_LIFE_RECORDING) {
        /*
         * Where the guest is.  A reset writes RAM (blocks of ROM) after it has
         * changed the registers and before QEMU writes them to KVM.
         */
        rr_landmark_of(v, RR_REGS_IN_ENV);
        if (rr_vcpu_is_at_boundary(v->state)) {
            rr_log_loop(v);
        }
        rr_cpu_state_get(cpu_env(cpu), &v->last_state);
        v->last_state_valid = true;
    }
}

/* From now on the guest is where QEMU sent it. */
static void move_guest(struct rr_vcpu *v, const RRCPUState *state)
{
    rr_landmark_from_env(cpu_env(v->cpu), &v->landmark);
    rr_pending_moved(v);
    v->landmark_state = RR_LANDMARK_TAKEN;
    v->regs = RR_REGS_IN_ENV;
    v->last_state = *state;
    v->last_state_valid = true;
}

void rr_record_put_registers(CPUState *cpu)
{
    struct rr_vcpu *v = rr_vcpu_of(cpu);
    RRCPUState state;
    char name[64];
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .cpu_state = { .halted = cpu->halted },
        .data = state.value,
    };

    g_assert(bql_locked());
    if (v->recorder->life != RR_LIFE_RECORDING) {
        return;
    }
    rr_cpu_state_get(cpu_env(cpu), &state);
    rec.data_bytes = state.count * sizeof(uint64_t);
    if (v->last_state_valid &&
        rr_cpu_state_compare(&state, &v->last_state, name) < 0) {
        return; /* QEMU has only looked at it */
    }
    /* The landmark is where the guest was, not where it is sent to. */
    rr_log_at_landmark(v->recorder, &rec, rr_landmark_of(v, v->regs));
    move_guest(v, &state);
}
