/*
 * What the patches in common/qemu/patches call: the whole surface between
 * QEMU and our recorder and replayer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOOKS_H
#define RR_HOOKS_H

#include "qemu/main-loop.h"
#include "qemu/typedefs.h"
#include "exec/hwaddr.h"

struct kvm_run;

/* ---- recording: kvm-record/qemu ---- */

/* Set while options are read, before the machine exists; never cleared. */
extern bool rr_recording;

/* Accelerator property: -accel kvm,rr-record=TRACE */
void rr_record_add_property(ObjectClass *kvm_accel_class);
/* The VM exists, no vCPU does: capabilities, MSR filter.  exit()s on error. */
void rr_record_init_vm(void);
/* Something that acts on the guest behind the recorder's back; exit()s. */
G_NORETURN void rr_record_refuse(const char *what);
/* The table that KVM_SET_CPUID2 just got. */
void rr_record_cpuid(const void *entries, uint32_t count);
/*
 * Other threads wait for the BQL, which the vCPU keeps across KVM_RUN:
 * between begin and end they are counted, and the vCPU makes way.
 */
void rr_record_bql_wait_begin(void);
void rr_record_bql_wait_end(void);
/*
 * The vCPU's thread runs the main loop's timers of QEMU_CLOCK_VIRTUAL.  One
 * was put before all others; run those that are due; wait, releasing @bql,
 * until one is due or the vCPU is kicked.
 */
void rr_record_timers_changed(void);
void rr_record_run_timers(void);
void rr_record_wait_halted(CPUState *cpu, QemuMutex *bql);
/* Before kvm_arch_put_registers() and after kvm_arch_get_registers(). */
void rr_record_put_registers(CPUState *cpu);
void rr_record_got_registers(CPUState *cpu);
/*
 * Before each KVM_RUN.  True: inject nothing, for it only finishes the
 * instruction of the last exit, or is left out.
 */
bool rr_record_before_run(CPUState *cpu);
/* KVM_RUN, unless it would return at once; its result. */
int rr_record_run(CPUState *cpu);
/* An exit is about to be handled / was handled. */
void rr_record_exit_begin(CPUState *cpu);
void rr_record_exit_end(CPUState *cpu);
/* The guest wrote @len bytes to a port. */
void rr_record_port_output(uint16_t port, const void *data, size_t len);
void rr_record_interrupt(CPUState *cpu, int vector);
void rr_record_nmi(CPUState *cpu);
void rr_record_cr8(CPUState *cpu, uint64_t old_cr8, uint64_t new_cr8);
int rr_record_rdmsr(CPUState *cpu, struct kvm_run *run);
int rr_record_wrmsr(CPUState *cpu, struct kvm_run *run);
/* QEMU wrote guest RAM. */
void rr_record_ram_write(MemoryRegion *mr, hwaddr addr, hwaddr len);
/* A memory slot changed; size 0: it is gone. */
void rr_record_slot(int as_id, int slot, hwaddr gpa, hwaddr size,
                    MemoryRegion *mr, hwaddr offset, bool readonly);
/* Feature bits that may be shown to the guest. */
uint64_t rr_record_cpu_features(int word, uint64_t features,
                                uint64_t tcg_features);

static inline void rr_kvm_bql_lock(void)
{
    if (!rr_recording) {
        bql_lock();
    }
}

static inline void rr_kvm_bql_unlock(void)
{
    if (!rr_recording) {
        bql_unlock();
    }
}

/* ---- replaying: tcg-replay/qemu ---- */

extern bool rr_replaying;
/*
 * Offset in the CPU's env of the high half of the branch budget; the next
 * translation block does not start when it is negative.  0: no budget.
 */
extern int rr_budget_env_offset;

bool rr_replay_due(CPUState *cpu);
/* At an instruction boundary; true: the CPU state changed, look again. */
bool rr_replay_boundary(CPUState *cpu);
/* HLT; does not return. */
G_NORETURN void rr_replay_halt(CPUState *cpu);

enum rr_replay_insn {
    RR_REPLAY_RDTSC,
    RR_REPLAY_RDTSCP,
    RR_REPLAY_RDPMC,
};
/* Executes the instruction from the log; false: it raised #GP. */
bool rr_replay_insn(CPUState *cpu, enum rr_replay_insn insn);
/* RDRAND, RDSEED: the result (0 if none) and the carry flag, from the log. */
bool rr_replay_random(CPUState *cpu, uint64_t *value);
/* RDRAND or RDSEED, hidden by CPUID, is about to raise #UD. */
void rr_replay_hidden_random(CPUState *cpu);
/*
 * An MSR that is not plain CPU state.  False: let TCG do it.  *gp: the guest
 * gets #GP.
 */
bool rr_replay_rdmsr(CPUState *cpu, uint32_t index, uint64_t *value, bool *gp);
bool rr_replay_wrmsr(CPUState *cpu, uint32_t index, uint64_t value, bool *gp);
uint64_t rr_replay_read_cr8(void);
void rr_replay_write_cr8(uint64_t value);
void rr_replay_cpuid(CPUState *cpu, uint32_t index, uint32_t count,
                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                     uint32_t *edx);

#endif
