/*
 * The recorder inside QEMU; see ARCHITECTURE.md, "Recording".
 *
 * All of it runs under the BQL, which the vCPU thread holds while the guest
 * runs, so nothing here locks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_INTERNAL_H
#define RR_RECORD_INTERNAL_H

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "exec/ramblock.h"
#include "hw/core/cpu.h"
#include "system/kvm.h"
#include "common/core/cpu-state.h"
#include "common/core/hooks.h"
#include "common/logfmt/rrlog.h"
#include "kvm-record/vm/record-config.h"

#define RR_MAX_SLOTS 1024

typedef struct RRSlot {
    hwaddr gpa, size, offset;
    RAMBlock *block;
    bool readonly;
} RRSlot;

/* An interrupt or NMI that KVM has, but the guest has not seen yet. */
typedef struct RRPending {
    bool active;
    uint8_t type; /* RRLOG_INTERRUPT or RRLOG_NMI */
    uint8_t vector;
    struct rr_landmark landmark;
} RRPending;

typedef struct RRRecorder {
    char *path;
    struct rr_record_config config;
    struct rrlog_writer *writer;
    bool started;   /* records are being written */
    bool finished;  /* ... and never will be again */
    enum rrlog_end_reason end_reason; /* if it ended now */
    CPUState *cpu;
    struct kvm_x86_record_shared *shared; /* with KVM: record-ring.c */
    struct kvm_x86_record_slot *ring;

    uint64_t output_bytes;
    uint64_t output_hash;

    bool in_access;   /* an exit is being handled */
    bool io_pending;  /* KVM has yet to finish the last exit's instruction */
    bool skip_run;    /* the next KVM_RUN would return at once: leave it out */
    bool regs_in_run; /* kvm_run->s.regs are the guest's registers */
    bool landmark_valid;
    struct rr_landmark landmark;
    RRPending pending;
    RRCPUState last_state; /* as KVM gave it, to see what was changed */
    bool last_state_valid;

    uint32_t block_count;
    RAMBlock *blocks[RRLOG_MAX_BLOCKS];
    RRSlot slots[RR_MAX_SLOTS];
    int slot_count; /* the highest number that was ever used, plus one */

    void *cpuid;
    uint32_t cpuid_bytes;
} RRRecorder;

extern RRRecorder rr_recorder;

/*
 * The files, from the ground floor up.  Calls go down only.
 */

/* ---- 0: state.c ---- */

/* Recording cannot go on; the guest does.  Says why, once. */
void G_GNUC_PRINTF(1, 2) rr_record_fail(const char *fmt, ...);

/* ---- 1: kvm-cap.c ---- */

/* Slots of the ring.  It is drained at each exit; a tick of a guest that
 * reads its clock all the time. */
#define RR_RING_SLOTS 16384

/* Before the first vCPU: tells KVM what to record; exit()s on error. */
void rr_record_ring_enable(void);
/* In the vCPU's thread, before its first KVM_RUN; -errno, told to the user. */
int rr_record_ring_open(CPUState *cpu);
/* The guest's retired branches when KVM_RUN last returned. */
uint64_t rr_record_branches(void);

/* ---- 1: bql.c ---- */

void rr_record_bql_init_vm(void);
bool rr_record_bql_is_wanted(void);
/* Let all who wait for the BQL have it. */
void rr_record_make_way(void);

/* ---- 1: options.c ---- */

/* Write the options that the manifest notes to it. */
void rr_record_note_options(void);

/* ---- 1: manifest.c ---- */

void rr_record_write_manifest(void);

/* ---- 2: landmark.c ---- */

void rr_record_landmark_from_kvm(struct rr_landmark *lm,
                                 const struct kvm_regs *r);
const struct rr_landmark *rr_record_landmark(void);

/* ---- 3: log.c ---- */

/* Append @rec at the guest's access or, between accesses, at the landmark. */
void rr_record_append(struct rrlog_record *rec);
/* The parts of it: the place in the guest's life; the writer's answer. */
void rr_record_stamp(struct rrlog_record *rec);
void rr_record_check(int ret);

/* ---- 4: images.c ---- */

void rr_record_images_start(void);
/* False: the record's bytes are not known to be in an image. */
bool rr_record_append_from_image(struct rrlog_record *rec);

/* ---- 4: ram.c ---- */

void rr_record_memory_start(void);
/* The slots that exist now. */
void rr_record_memory_slots(void);
bool rr_record_is_readonly(hwaddr gpa);

/* ---- 4: digest.c ---- */

void rr_record_memory_digests(void);

/* ---- 4: ring.c ---- */

void rr_record_ring_drain(void);
/* KVM_EXIT_X86_RECORD.  False: no instruction, the ring was full. */
bool rr_record_insn_exit(struct kvm_run *run);

/* ---- 4: io.c ---- */

void rr_record_output(uint64_t address, const uint8_t *data, size_t len);

/* ---- 4: msr.c ---- */

int rr_record_install_msr_filter(void);

/* ---- 4: events.c ---- */

void rr_record_log_pending(CPUState *cpu, int run_ret);

/* ---- 4: timer.c ---- */

void rr_record_timer_init_vm(void);
/* In the vCPU's thread; exit()s on error. */
void rr_record_timer_open(void);
/* The guest is about to run: the next timer will call it out. */
void rr_record_timer_before_run(CPUState *cpu);

/* ---- 5: recorder.c ---- */

void rr_record_start(CPUState *cpu);
void rr_record_stop(enum rrlog_end_reason reason);

#endif
