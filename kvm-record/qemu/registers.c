/*
 * CPU state that QEMU reads and writes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"

void rr_record_got_registers(CPUState *cpu)
{
    if (rr_recorder.started) {
        rr_cpu_state_get(cpu_env(cpu), &rr_recorder.last_state);
        rr_recorder.last_state_valid = true;
    }
}

void rr_record_put_registers(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;
    RRCPUState state;
    char name[64];
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .cpu_state = { .halted = cpu->halted },
        .data = state.value,
    };

    if (!s->started || cpu != s->cpu) {
        return;
    }
    rr_cpu_state_get(cpu_env(cpu), &state);
    rec.data_bytes = state.count * sizeof(uint64_t);
    if (s->last_state_valid &&
        rr_cpu_state_compare(&state, &s->last_state, name) < 0) {
        return; /* somebody only looked */
    }
    /* The landmark is where the guest was, not where it is sent to. */
    rec.stamp = RRLOG_AT_LANDMARK;
    if (!s->landmark_valid && s->regs_in_run) {
        bool dirty = cpu->vcpu_dirty;

        cpu->vcpu_dirty = false;
        rr_record_landmark();
        cpu->vcpu_dirty = dirty;
    }
    rec.landmark = *rr_record_landmark();
    rr_record_append(&rec);
    /* From here on the guest is where it was sent. */
    rr_landmark_from_env(cpu_env(cpu), &s->landmark);
    s->landmark_valid = true;
    s->regs_in_run = false;
    s->last_state = state;
    s->last_state_valid = true;
}
