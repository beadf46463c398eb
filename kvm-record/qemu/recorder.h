/*
 * The recorder inside QEMU: its data, and the functions of its files.
 *
 * docs/recording.md explains it, docs/floors lists the files by floor: calls
 * go down only.  The functions that QEMU calls are in common/core/hooks.h.
 *
 * Nothing here locks: all of it runs with the BQL held, which the vCPU thread
 * keeps while the guest runs.  A function that may be called without the BQL
 * says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORDER_H
#define RR_RECORDER_H

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "exec/ramblock.h"
#include "hw/core/cpu.h"
#include "system/kvm.h"
#include "common/core/cpu-env.h"
#include "common/core/hooks.h"
#include "common/logfmt/rrlog.h"
#include "kvm-record/qemu/loop.h"
#include "kvm-record/qemu/flight-plan.h"
#include "kvm-record/qemu/state.h"
#include "kvm-record/vm/record-config.h"

#define RR_MAX_SLOTS 1024
#define RR_MAX_VCPUS 1

struct kvm_regs;
struct kvm_run;
struct rr_images;

/* A memory slot of KVM; size 0: unused. */
struct rr_slot {
    hwaddr gpa, size, offset;
    RAMBlock *block;
    bool readonly;
};

/* A RAM block of the trace. */
struct rr_block {
    RAMBlock *ram; /* NULL: its device was unplugged */
    bool has_page_map; /* rr_page_map_open() knows which pages exist */
    /* Of a block that QEMU has freed: what it had then, by region. */
    uint64_t *digests;
    uint64_t digest_count;
};

/* An interrupt or NMI that KVM has, but the guest has not seen yet. */
struct rr_pending {
    bool active;
    uint8_t type; /* RRLOG_INTERRUPT or RRLOG_NMI */
    uint8_t vector;
    struct rr_landmark landmark; /* where QEMU handed it to KVM */
};

/* Where the guest's registers are. */
enum rr_regs {
    RR_REGS_IN_ENV, /* in QEMU's CPU state */
    RR_REGS_IN_RUN, /* in kvm_run: what KVM_RUN returned */
};

/* What is known of the boundary where the guest is. */
enum rr_landmark_state {
    RR_LANDMARK_NONE, /* nothing: it was not asked for since KVM_RUN */
    RR_LANDMARK_TAKEN,
    RR_LANDMARK_UNIQUE, /* and rr_log_loop() was called */
};

struct rr_vcpu {
    struct rr_recorder *recorder;
    /* NULL until its first entry, then fixed; other threads read it. */
    CPUState *cpu;
    enum rr_vcpu_state state;

    /* The page and the ring that KVM shares: kvm-cap.c, ring.c. */
    struct kvm_x86_record_shared *shared;
    const struct kvm_x86_record_slot *ring;

    /*
     * The registers at the boundary where KVM left the guest.  RR_REGS_IN_ENV:
     * QEMU has changed them since, or KVM_RUN was not called yet.
     */
    enum rr_regs regs;
    enum rr_landmark_state landmark_state;
    struct rr_landmark landmark; /* of this boundary */
    struct rr_loop_decoder *loop_decoder;
    bool has_run; /* KVM_RUN has returned: the counter has its value */

    uint64_t first_branches; /* KVM's count when the recording began */
    bool has_clock; /* --clock epoch: KVM has told ... */
    uint64_t clock; /* ... what the guest reads from its TSC now */

    struct rr_pending pending;
    bool nmi_held; /* an NMI that the guest cannot take yet: events.c */

    /* The CPU state as KVM gave it, to see what QEMU changes. */
    bool last_state_valid;
    RRCPUState last_state;
};

/* Threads that wait for the BQL: bql.c. */
struct rr_bql {
    unsigned int waiters; /* atomic */
    QemuCond none; /* signalled when there are none, or the vCPU has work */
};

/* The timers of QEMU_CLOCK_VIRTUAL: timer.c. */
struct rr_timer {
    timer_t host; /* sends SIG_IPI to the vCPU's thread */
    bool armed; /* host is running; the vCPU's thread only */
    bool changed; /* atomic: host may be set too late */
    int64_t limit_ns; /* of the next KVM_RUN; 0: none */
    CPUState *waiting; /* atomic: the halted vCPU that waits for a timer */
};

/* What the VM has once, however many vCPUs it has. */
struct rr_recorder {
    char *path; /* of the trace; fixed once the machine exists, as is config */
    char *notes; /* a directory with texts for the manifest, or NULL */
    struct rr_record_config config;
    bool is_armed; /* the user starts and stops recordings: control.c */
    char *refusal; /* armed: why it cannot be recorded any more, or NULL */
    enum rr_life life;
    struct rrlog_writer *writer; /* NULL unless a trace is open */
    enum rrlog_end_reason end_reason; /* if the recording ends now */

    /* What the guest has put out, by ports and MMIO: io.c. */
    uint64_t output_bytes;
    uint64_t output_hash;

    uint32_t missed_write; /* for tests: this write is not reported; 0: none */
    uint32_t block_count;
    struct rr_block blocks[RRLOG_MAX_BLOCKS];
    int slot_count; /* the highest number that was ever used, plus one */
    struct rr_slot slots[RR_MAX_SLOTS];

    void *cpuid; /* the table of KVM_SET_CPUID2 */
    uint32_t cpuid_bytes;
    uint64_t fingerprint; /* of the processor, at the start */

    struct rr_images *images; /* NULL: no references to images */
    struct rr_flight_plan plan; /* window 0: the next recording is no flight */
    struct rr_flight *flight; /* NULL unless the trace is part of one */
    uint32_t segment; /* of the flight, from 1; or 0 */
    struct rr_bql bql;
    struct rr_timer timer;
    struct rr_vcpu vcpus[RR_MAX_VCPUS];
};

/*
 * The one recorder of this process.  Only hooks, which QEMU calls without a
 * pointer to it, look it up here, once; all else gets it passed.
 */
extern struct rr_recorder rr_recorder;

/* The vCPU whose boundary or access devices work at. */
static inline struct rr_vcpu *rr_recorder_vcpu(struct rr_recorder *r)
{
    return &r->vcpus[0];
}

/* ---- life.c ---- */

/* The recorder's part of @cpu; for hooks, as rr_recorder is. */
struct rr_vcpu *rr_vcpu_of(const CPUState *cpu);

/* Follow an edge of the recorder's diagram (state.h). */
void rr_recorder_change(struct rr_recorder *r, enum rr_life life);

/*
 * Recording cannot go on: tell the user why, and close the trace as a cut-off
 * one.  The guest goes on.  Nothing happens if the recording is over already;
 * if it has not begun, it cannot begin.
 */
void G_GNUC_PRINTF(2, 3) rr_recorder_fail(struct rr_recorder *r,
                                          const char *fmt, ...);

/* ---- kvm-cap.c ---- */

/*
 * Slots of the ring.  It is drained at each exit; a full one takes a guest
 * that reads its clock for a whole tick.
 */
#define RR_RING_SLOTS 16384

/* Tell KVM what to record; the VM exists, no vCPU does. */
bool rr_kvm_cap_enable(const struct rr_recorder *r, Error **errp);

/* Map KVM's page and start its counter; in the vCPU's thread. */
bool rr_kvm_cap_open(struct rr_vcpu *v, Error **errp);

/* The recording begins here: branches are counted from 0. */
void rr_kvm_cap_begin(struct rr_vcpu *v);

/*
 * Branches that the guest had retired, since the recording began, when KVM_RUN
 * last returned.
 */
uint64_t rr_kvm_cap_branches(struct rr_vcpu *v);

/*
 * The log has a landmark here, or will have it: the guest enters with an empty
 * TLB, as the replay does.
 */
void rr_kvm_cap_flush_tlb(struct rr_vcpu *v);

/*
 * KVM_RUN returned with the guest in the middle of an instruction: KVM handled
 * a fault of it, and the guest is to retry it.
 */
bool rr_kvm_cap_retries(const struct rr_vcpu *v);

/* ---- bql.c ---- */

void rr_bql_init(struct rr_bql *b);

/* Does a thread wait for the BQL? */
bool rr_bql_is_wanted(const struct rr_bql *b);

/* Release the BQL until no thread waits for it, or @cpu has work to do. */
void rr_bql_make_way(struct rr_bql *b, CPUState *cpu);

/* ---- options.c ---- */

/* The entries of the manifest for options that the replay depends on. */
void rr_options_write_manifest(const struct rr_recorder *r);

/* ---- machine.c ---- */

/*
 * The machine is not built yet: choose its properties that the user has not
 * chosen, so that it can be recorded.  Main thread.
 */
void rr_machine_prepare(Error **errp);

/* Can the machine that was built, whose CPU is @cpu, be recorded? */
bool rr_machine_check(CPUState *cpu, Error **errp);

/* From now on the recording fails if a device is plugged that cannot be. */
void rr_machine_watch(void);

/* ---- manifest.c ---- */

/*
 * Keep the files of the directory @r->notes in the manifest, as "note.NAME".
 * False and @errp if one is no text in UTF-8, or too large.
 */
bool rr_notes_write(const struct rr_recorder *r, Error **errp);

/* The entries for the host and for this program. */
void rr_manifest_write_host(const struct rr_recorder *r);

/* The entries for the guest's machine. */
void rr_manifest_write_machine(struct rr_recorder *r, CPUState *cpu);

/* What the processor is now, at the end; warns if it was another. */
void rr_manifest_write_end(struct rr_recorder *r);

/* ---- landmark.c ---- */

/* The registers of @lm from KVM's; lm->branches is left alone. */
void rr_landmark_from_kvm(struct rr_landmark *lm, const struct kvm_regs *r);

/*
 * The landmark of the boundary where the vCPU is, made from the registers
 * @from.  It is made once a boundary, however many records need it, and is
 * valid until the next KVM_RUN.
 */
const struct rr_landmark *rr_landmark_of(struct rr_vcpu *v, enum rr_regs from);

/* The same, from the registers as they are now. */
const struct rr_landmark *rr_landmark_now(struct rr_vcpu *v);

/* ---- loop-memory.c ---- */

/* A part of a RAM block. */
struct rr_loop_memory {
    RAMBlock *block;
    uint64_t offset;
    size_t bytes;
};

#define RR_LOOP_PARTS (2 * RR_LOOP_RANGES)

struct rr_loop_place {
    struct rr_loop_memory parts[RR_LOOP_PARTS];
    size_t part_count;

    RAMBlock *word_block;
    size_t word_bytes; /* 2, 4 or 8 */
    uint64_t words[RR_LOOP_WORDS][2]; /* as in RRLOG_WORDS */
    size_t word_count;
};

/*
 * What tells @lm, where the guest is, from other places with the same
 * registers: the memory that a loop without a conditional branch names, and the
 * return addresses that the next RETs read.
 */
void rr_loop_memory(struct rr_vcpu *v, const struct rr_landmark *lm,
                    struct rr_loop_place *place);

/* ---- images.c ---- */

/* Begin to note reads from images. */
void rr_images_start(struct rr_recorder *r);

/*
 * Where @data is in an image, if it was read from one of late.  False: it is
 * not known to be in any.
 */
bool rr_images_find(const struct rr_images *im, const void *data, size_t bytes,
                    uint32_t *image, uint64_t *image_offset);

/*
 * ---- log.c ----
 *
 * All functions that append records are called rr_log_*.  They return false if
 * nothing is recorded: not yet, or no more.  After an error of the writer the
 * recording has failed.
 */

/* At the guest's access in RR_VCPU_ACCESS, else at the landmark. */
bool rr_log_here(struct rr_vcpu *v, struct rrlog_record *rec);

bool rr_log_at_access(struct rr_recorder *r, struct rrlog_record *rec);

bool rr_log_at_landmark(struct rr_recorder *r, struct rrlog_record *rec,
                        const struct rr_landmark *lm);

/*
 * What comes next has the landmark that was taken of this boundary.  Other
 * calls of a function may have it too: log the return addresses.  And other
 * iterations of a loop: log the memory that tells them apart, as a write of the
 * environment, so that the replay may come here in any of them.
 */
void rr_log_loop(struct rr_vcpu *v);

/* @rec is of type RRLOG_DMA: as a reference to an image if possible. */
bool rr_log_dma(struct rr_vcpu *v, struct rrlog_record *rec);

/* The number of @ram in the trace, -1 if it is not guest memory. */
int rr_block_id(const struct rr_recorder *r, const RAMBlock *ram);

/* QEMU has written @len bytes at @addr of @ram. */
void rr_log_ram_write(struct rr_recorder *r, RAMBlock *ram, uint64_t addr,
                      uint64_t len);

/* Results of instructions that the guest executed one after the other. */
bool rr_log_results(struct rr_recorder *r, const struct rrlog_result *results,
                    size_t count);

/* ---- ram.c ---- */

/* Write the guest's memory as it is now; the trace is open. */
bool rr_ram_start(struct rr_recorder *r, Error **errp);

/* A record for each slot, at access: the state before the first instruction. */
void rr_log_slots(struct rr_recorder *r);

/* Is there a read-only slot at @gpa? */
bool rr_ram_is_readonly(const struct rr_recorder *r, hwaddr gpa);

/* ---- detector.c ---- */

/* With --paranoid: look for writes to RAM that no hook reports, from now on. */
void rr_detector_start(struct rr_recorder *r);

/* A hook has reported this write.  Does nothing unless started. */
void rr_detector_explain(const RAMBlock *ram, uint64_t offset, uint64_t bytes);

/*
 * The guest goes on: what was written since, and no hook has reported, is told
 * to the user and logged, or ends the recording.  @run: the guest's access
 * that is handled, or NULL.
 */
void rr_detector_check(struct rr_recorder *r, const struct kvm_run *run);

/* @ram is about to be freed. */
void rr_detector_forget(RAMBlock *ram);

/* ---- digest.c ---- */

/* QEMU is about to free the memory of @block: keep its digests. */
void rr_keep_digests(struct rr_block *block);
/* A record for each RAM block: what it holds now, or held last. */
bool rr_log_digests(struct rr_vcpu *v);

/* ---- ring.c ---- */

/* Log what KVM recorded during the last KVM_RUN, before its exit. */
void rr_ring_drain(struct rr_vcpu *v);

/* Log what it recorded at @lm, before an event that was due there. */
void rr_ring_drain_at(struct rr_vcpu *v, const struct rr_landmark *lm);

/*
 * KVM_EXIT_X86_RECORD: log the instruction.  False: there is none, the ring
 * was full.
 */
bool rr_log_insn_exit(struct rr_vcpu *v, struct kvm_run *run);

/* ---- io.c ---- */

/* The guest put out @bytes bytes at @address (rr_output_hash()). */
void rr_io_output(struct rr_recorder *r, uint64_t address, const uint8_t *data,
                  size_t bytes);

/* The answer to a read from a port or MMIO, if the exit was one. */
void rr_log_io_read(struct rr_recorder *r, struct kvm_run *run);

/* ---- msr.c ---- */

/* Make all MSRs exit to user space that are not plain CPU state. */
bool rr_msr_install_filter(Error **errp);

/* Take back what an MSR of the vCPU offers and TCG lacks. */
void rr_msr_init_vcpu(struct rr_vcpu *v);

/* ---- events.c ---- */

/* KVM_RUN returned @run_ret: log the pending event if it was delivered. */
void rr_log_pending(struct rr_vcpu *v, int run_ret);

/* QEMU has moved the guest, to v->landmark: a reset drops what is pending. */
void rr_pending_moved(struct rr_vcpu *v);

/* At a boundary with an NMI held: raise it again if the guest can take it. */
void rr_nmi_release(struct rr_vcpu *v);

/* Call it at start: a reset drops the NMI that is held. */
void rr_events_init(struct rr_vcpu *v);

/* ---- timer.c ---- */

void rr_timer_init(struct rr_timer *t);

/* Make the host's timer; in the vCPU's thread. */
bool rr_timer_open(struct rr_timer *t, Error **errp);

/* The guest is to leave KVM_RUN in @ns, at the latest. */
void rr_timer_call_out(struct rr_timer *t, int64_t ns);

/* Send SIG_IPI to the vCPU's thread, which calls this, in @ns. */
bool rr_timer_call_out_now(struct rr_timer *t, int64_t ns);

/* The guest is about to run: the next timer will call it out. */
bool rr_timer_before_run(struct rr_timer *t, CPUState *cpu, Error **errp);

/* ---- step.c ---- */

/*
 * If KVM left the guest in the middle of an instruction, execute that.  All
 * vCPUs are paused; in any thread.
 */
void rr_step_to_boundary(struct rr_vcpu *v);

/* ---- recording.c ---- */

/*
 * The first vCPU is about to enter the guest for the first time, in its thread:
 * make ready, and begin the recording unless the user is to do so.
 */
bool rr_recorder_start(struct rr_recorder *r, struct rr_vcpu *v, Error **errp);

/*
 * Record into the new trace r->path from here on.  No vCPU runs, and all are at
 * boundaries.
 */
bool rr_recording_begin(struct rr_recorder *r, Error **errp);

/* Complete the trace, if there is one.  No vCPU runs. */
void rr_recording_end(struct rr_recorder *r);

/* ---- flight.c; in the main thread ---- */

/*
 * Record from here on into segments in the new directory @dir, which is
 * absolute, and remove those that @plan does not ask for.
 */
bool rr_flight_begin(struct rr_recorder *r, const char *dir,
                     const struct rr_flight_plan *plan, Error **errp);

/* Nothing is recorded any more: keep the segments, and make no new one. */
void rr_flight_end(struct rr_recorder *r);

struct rr_flight_status {
    const char *dir;
    const char *error; /* the last one, or NULL */
    uint64_t segments; /* on the disk, with the one that is being recorded */
    uint64_t bytes; /* of them, on the disk */
    uint64_t covered_ms; /* since the oldest began */
    uint64_t pause_ms; /* the guest waited so long for the newest to begin */
};

/* There is a flight; @status refers to its texts. */
void rr_flight_status(const struct rr_recorder *r,
                      struct rr_flight_status *status);

#endif
