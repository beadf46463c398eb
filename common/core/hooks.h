/*
 * What the patches in common/qemu/patches call: the whole surface between
 * QEMU and the recorder and replayer.  docs/hooks.md has the places, threads
 * and locks of all hooks in one table.
 *
 * The other direction is not here: the replayer reads and sets the branch
 * counters of TCG, which target/i386/tcg/rr-count.h declares (a file of the
 * series, in directory 2-lab).
 *
 * Unless a comment says otherwise, the recorder's hooks are called with the
 * BQL held, and only while rr_recording is true; the replayer's are called by
 * the vCPU thread without the BQL, and only while rr_replaying is true.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOOKS_H
#define RR_HOOKS_H

#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/typedefs.h"
#include "exec/hwaddr.h"
#include "common/core/entry.h"

struct kvm_run;

/* ---- recording: kvm-record/qemu ---- */

/*
 * A recording was asked for.  Set while options are read, before the machine
 * exists, and never cleared, even if the recording ends before the guest.
 */
extern bool rr_recording;

/*
 * KVM may have its APIC in QEMU, though nothing is recorded: for benchmarks
 * that compare.  Else QEMU refuses that, as upstream does.  Set while options
 * are read.
 */
extern bool rr_user_apic;

/*
 * Add the properties of -accel kvm that ask for a recording, rr-record=TRACE
 * first.  Main thread, at start, whether recording or not.
 */
void rr_record_add_property(ObjectClass *kvm_accel_class);

/*
 * The VM exists and no vCPU does: enable capabilities, install the MSR
 * filter.  Main thread.  Calls exit(1) on error.
 */
void rr_record_init_vm(void);

/*
 * KVM_SET_CPUID2 is about to get @entries, @count of struct kvm_cpuid_entry2.
 * vCPU thread, before the guest runs.
 */
void rr_record_cpuid(const void *entries, uint32_t count);

/*
 * Return the bits of @features that the guest may see.  @word is a
 * FeatureWord, @tcg_features are TCG's bits of it.  Main thread, at start.
 */
uint64_t rr_record_cpu_features(int word, uint64_t features,
                                uint64_t tcg_features);

/*
 * A thread is about to wait for the BQL, or for work that the vCPU thread
 * does; or has stopped waiting.  The vCPU thread keeps the BQL across
 * KVM_RUN, and makes way while anyone waits.  Any thread.  begin is called
 * with or without the BQL, end with it.
 */
void rr_record_bql_wait_begin(void);
void rr_record_bql_wait_end(void);

/* In place of bql_lock() and bql_unlock() around KVM_RUN and in exits. */
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

/*
 * The vCPU thread, not the main loop, runs the main loop's timers of
 * QEMU_CLOCK_VIRTUAL.  Defined in util/qemu-timer.c; set once, before the
 * first vCPU runs.
 */
extern bool rr_timers_in_vcpu_thread;

/*
 * A timer of QEMU_CLOCK_VIRTUAL is now due earlier than all others of the
 * main loop.  Any thread, with or without the BQL.
 */
void rr_record_timers_changed(void);

/* Run the timers that are due.  vCPU thread, before it waits for work. */
void rr_record_run_timers(CPUState *cpu);

/*
 * Sleep, with @bql released, until a timer is due or the vCPU is kicked; then
 * run the timers that are due.  vCPU thread, halted or stopped.
 */
void rr_record_wait_halted(CPUState *cpu, QemuMutex *bql);

/*
 * Around KVM_RUN, all in the vCPU thread, in this order:
 *
 *   put_registers   if QEMU changed them: before kvm_arch_put_registers()
 *   before_run
 *   nmi, interrupt, cr8     only if before_run returned RR_ENTER
 *   run
 *   exit_begin
 *   (QEMU handles the exit: port_output, rdmsr, wrmsr, got_registers)
 *   exit_end
 *
 * put_registers and got_registers are called at other times too: at a reset,
 * and when QEMU looks at the CPU state.  kvm-record/qemu/state.h has the states
 * of the vCPU that these calls lead through; any other order ends the program.
 */
void rr_record_put_registers(CPUState *cpu);

/* kvm_arch_get_registers() has just read the CPU state into @cpu. */
void rr_record_got_registers(CPUState *cpu);

/*
 * The guest is at an instruction boundary, or an instruction is to be
 * finished.  May release the BQL and take it again.  Returns how KVM_RUN is
 * entered next; unless that is RR_ENTER, nothing may be injected.  The first
 * call begins the recording, and calls exit(1) if it cannot begin.
 */
enum rr_entry rr_record_before_run(CPUState *cpu);

/*
 * Call KVM_RUN as @entry says, which rr_record_before_run() returned.  Returns
 * KVM_RUN's result, -EINTR if it is left out.
 */
int rr_record_run(CPUState *cpu, enum rr_entry entry);

/* QEMU is about to handle an exit; QEMU has handled it.  KVM_RUN returned 0. */
void rr_record_exit_begin(CPUState *cpu);
void rr_record_exit_end(CPUState *cpu);

/* QEMU is about to write the @len bytes at @data to @port for the guest. */
void rr_record_port_output(uint16_t port, const void *data, size_t len);

/*
 * QEMU is about to queue interrupt @vector, or an NMI, in KVM.  False: the
 * guest cannot take an NMI now, the recorder keeps it and raises it later.
 */
void rr_record_interrupt(CPUState *cpu, int vector);
bool rr_record_nmi(CPUState *cpu);

/* May QEMU hand an interrupt to KVM?  Not where an NMI is on its way. */
bool rr_record_may_interrupt(CPUState *cpu);

/* The task priority was @old_cr8 at the last exit, and becomes @new_cr8. */
void rr_record_cr8(CPUState *cpu, uint64_t old_cr8, uint64_t new_cr8);

/*
 * Perform the access to an MSR that KVM's filter made exit, and put the
 * result into @run.  Return 0, or a negative value if QEMU must stop.
 */
int rr_record_rdmsr(CPUState *cpu, struct kvm_run *run);
int rr_record_wrmsr(CPUState *cpu, struct kvm_run *run);

/*
 * QEMU has written @len bytes at @addr of @mr, which is RAM or ROM.  Any
 * thread.
 */
void rr_record_ram_write(MemoryRegion *mr, hwaddr addr, hwaddr len);

/*
 * QEMU is about to discard @len bytes at @offset of @ram.  True: the recorder
 * has written zeros instead.  False: QEMU discards, and calls
 * rr_record_ram_write() then.  Any thread.
 */
bool rr_record_ram_zero(RAMBlock *ram, uint64_t offset, size_t len);

/* @ram is about to be freed; no slot has it any more.  Any thread. */
void rr_record_ram_free(RAMBlock *ram);

/* Must all RAM be shared, so that it can be mapped twice?  Main thread. */
bool rr_record_shares_ram(void);

/*
 * What a slot of KVM gets as its memory in place of @host, which is in a RAM
 * block.  Any thread.
 */
void *rr_record_slot_memory(void *host);

/*
 * A memory slot of KVM was set: @size bytes at the guest's address @gpa are
 * those at @offset of the RAM block of @mr.  @size is 0 if the slot is gone.
 * Any thread.
 */
void rr_record_slot(int as_id, int slot, hwaddr gpa, hwaddr size,
                    MemoryRegion *mr, hwaddr offset, bool readonly);

/*
 * Not a function: block/io.c is also linked into programs without a recorder.
 * NULL unless recording.  @bytes at @offset of @bs were read into @qiov at
 * @qiov_offset.  Main thread or vCPU thread, in a coroutine.
 */
extern void (*rr_block_read)(BlockDriverState *bs, int64_t offset,
                             int64_t bytes, QEMUIOVector *qiov,
                             size_t qiov_offset);

/*
 * -audiodev wav,in-path=FILE, whether recording or not: @driver, which is
 * "wav", gets what a microphone needs.  Before main() begins.
 */
struct audio_driver;
void rr_wav_add_capture(struct audio_driver *driver);

/* Can @dev's in-path be played?  Main thread, at start. */
struct Audiodev;
bool rr_wav_check(struct Audiodev *dev, Error **errp);

/*
 * ---- replaying: tcg-replay/qemu ----
 *
 * The vCPU thread calls these, between two translation blocks or in the helper
 * of an instruction.  It need not hold the BQL.  The replay may end in any of
 * them: then the guest gets zeros until its translation block ends, and
 * rr_replay_boundary() leaves by longjmp.
 */

/* A trace is being replayed.  Set when the machine is complete. */
extern bool rr_replaying;

/*
 * Offset in the CPU's env of the high half of the branch budget.  No
 * translation block starts while it is negative.  0: there is no budget.
 */
extern int rr_budget_env_offset;

/*
 * Whether rr_replay_boundary() has work at this instruction boundary.  Called
 * for each translation block that is looked up, replaying or not.
 */
bool rr_replay_due(CPUState *cpu);

/*
 * Do what is due at this instruction boundary.  Returns true if the CPU state
 * changed, so that the next translation block must be looked up again.  Leaves
 * by longjmp if the replay is over, or if an interrupt's delivery faults.
 */
bool rr_replay_boundary(CPUState *cpu);

/* The guest executes HLT, in a helper.  Leaves the helper by longjmp. */
G_NORETURN void rr_replay_halt(CPUState *cpu);

/*
 * Execute the instruction from the log: set the registers that it sets.
 * Returns false if it raised #GP in the recording.
 */
bool rr_replay_rdtsc(CPUState *cpu);
bool rr_replay_rdtscp(CPUState *cpu);
bool rr_replay_rdpmc(CPUState *cpu);

/*
 * Execute RDRAND or RDSEED from the log.  *@value is the result, 0 if there
 * was none.  Returns the carry flag.
 */
bool rr_replay_random(CPUState *cpu, uint64_t *value);

/* RDRAND or RDSEED, which CPUID hides, is about to raise #UD. */
void rr_replay_hidden_random(CPUState *cpu);

/*
 * Execute RDMSR or WRMSR from the log.  Returns false if the MSR is plain CPU
 * state, which TCG keeps itself.  *@gp is set if the guest gets #GP.
 */
bool rr_replay_rdmsr(CPUState *cpu, uint32_t index, uint64_t *value, bool *gp);
bool rr_replay_wrmsr(CPUState *cpu, uint32_t index, uint64_t value, bool *gp);

/*
 * INS from @port begins.  It may fault before it reads the port.  Returns how
 * many bytes KVM has read for it at once and will write at once, 0 if these
 * were read before.
 */
size_t rr_replay_ins(CPUState *cpu, uint16_t port);

/*
 * What one instruction has done that KVM emulates, in env->rr.did.  It is valid
 * at the end of a block of one instruction, as with a single step or a
 * watchpoint that is hit.
 */
enum {
    RR_DID_READ = 1, /* a device's register */
    RR_DID_INS = 2,
    RR_DID_WRITE = 4, /* the last access wrote: a register, or OUTS */
    RR_DID_ITERATION = 8, /* of a REP, which has not ended */
};

/*
 * The guest single-steps, and an instruction, or an iteration of REP, is done.
 * True: KVM raises no debug exception here.  At exits to QEMU that write, its
 * emulator does not; between iterations only where the emulator returns.
 */
bool rr_replay_drops_step(CPUState *cpu);

/*
 * An access at host PC @ra may meet a watchpoint; @mmio: it is one to a
 * device's register.  True: KVM emulates this instruction, and looks at no
 * watchpoint.
 */
bool rr_replay_ignores_watchpoints(CPUState *cpu, bool mmio, uintptr_t ra);

/*
 * An exception of the guest is about to be delivered; the BQL is held.  True:
 * the guest was moved, or the replay is over, drop the exception.
 */
bool rr_replay_exception(CPUState *cpu);

/*
 * The vCPU has left the guest with EXCP_DEBUG; the BQL is held.  True: the
 * debugger is not told, the guest runs on.
 */
bool rr_replay_debug_stop(CPUState *cpu);

/*
 * What a debugger asks for, in the main thread with the BQL, while the guest is
 * stopped.  False: there are no checkpoints to go back to.  Otherwise the guest
 * must run, and stops where the debugger wants to be.
 */
bool rr_replay_can_go_back(void);
bool rr_replay_step_back(void);
bool rr_replay_continue_back(void);

/* What the stop reply says beside why the guest stopped; "": nothing. */
const char *rr_replay_stop_note(void);

/* gdb's "monitor @command": the answer, to be freed; NULL: it is QEMU's. */
char *rr_replay_monitor(const char *command);

/* The debugger has detached.  Main thread, with the BQL. */
void rr_replay_debugger_left(void);

/* The task priority: the guest's APIC, which holds it, is not replayed. */
uint64_t rr_replay_read_cr8(void);
void rr_replay_write_cr8(uint64_t value);

/* Execute CPUID, leaf @index, subleaf @count, from the trace's table. */
void rr_replay_cpuid(CPUState *cpu, uint32_t index, uint32_t count,
                     uint32_t *eax, uint32_t *ebx, uint32_t *ecx,
                     uint32_t *edx);

#endif
