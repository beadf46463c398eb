/*
 * The replayer inside QEMU; see docs/replaying.md.
 *
 * One vCPU thread does all the work, with the BQL, unless said otherwise; the
 * main loop only waits for its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_H
#define RR_REPLAY_H

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "qemu/main-loop.h"
#include "common/cli/exit-status.h"
#include "common/core/cpu-env.h"
#include "common/core/cpuid-table.h"
#include "common/core/hooks.h"
#include "common/core/silicon.h"
#include "common/core/tlb.h"
#include "common/logfmt/rrlog.h"
#include "tcg-replay/qemu/goal.h"
#include "tcg-replay/qemu/position.h"
#include "tcg-replay/qemu/sandbox.h"

/* Of what the replayer does; all but RR_GO_ON: the replay is over. */
enum rr_outcome {
    RR_GO_ON,
    RR_DIVERGED, /* reported */
    RR_ENDED, /* reported: the log is over, or cannot be read */
};

#define RR_RECENT_RECORDS 8

/* Set before the guest starts, and not changed. */
struct rr_config {
    bool console; /* show the guest's serial and debug ports */
    bool progress; /* show it on stderr */
    uint64_t ignored_rflags; /* bits that landmarks do not compare */
    bool landmarks_have_rf;
    const char *silicon; /* of the recording processor; "unknown" */
    bool epoch_clock; /* rr-kvm record --clock epoch */
    bool tlb_flushes; /* rr-kvm record --paging flush */
    uint64_t corrupt_record; /* test hook: number of the record, from 1 */
    uint64_t total_branches; /* of the last landmark; 0: not known */
    uint32_t patience_s; /* with a guest that is stuck; 0: no end of it */
    bool sandbox; /* enter it before the guest starts */
    RRCpuidTable cpuid;
};

/* A reader of the log. */
struct rr_log_reader {
    struct rrlog_reader *reader;
    uint64_t records; /* read */
    bool is_read; /* it is at the end of the log */
};

struct rr_log {
    struct rr_log_reader next; /* with data */
    bool head_is_valid; /* false: the record after it is to be read */
    struct rrlog_record head;

    struct rr_log_reader ahead; /* without data */
    uint64_t landmark_number; /* from 1; 0: none was found yet */
    struct rrlog_record landmark; /* the last record with one */
    /* x-corrupt-record has done its work; the copy of the data that it made. */
    bool corrupted;
    void *corrupted_data;
    void *returned_data; /* of .head, after rr_replay_return_log() */
};

/* Objects of QEMU and librrlog, which show the position. */
struct rr_host {
    CPUState *cpu;
    CPUX86State *env;
    MemoryRegion memory_io, port_io; /* for what is not RAM */
    MemoryRegion *blocks; /* by number */
    uint32_t block_count;
    MemoryRegion *slots[RR_MAX_SLOTS]; /* aliases of blocks, or NULL */
    /* Slots that the memory map does not show as the position has them. */
    DECLARE_BITMAP(stale_slots, RR_MAX_SLOTS);

    struct rrlog_reader *reader; /* log.next's, for what is not a record */
    struct rr_log log;
    bool is_in_sandbox;
    /* The last access to a device's register while there were watchpoints. */
    struct rr_landmark mmio_at;
    struct rr_screen *screen; /* NULL: it is not wanted */
};

/* Page-table entries with cleared bits that were found last, and where. */
struct rr_cleared_note {
    struct rr_tlb_cleared found;
    uint64_t record, landmark;
};

/* For messages. */
struct rr_report {
    int64_t start_ns, progress_ns;
    struct rrlog_record recent[RR_RECENT_RECORDS]; /* without their data */
    uint64_t recent_count; /* number i is recent[i % RR_RECENT_RECORDS] */
    bool near_miss_valid;
    struct rr_silicon_note near_miss_note;
    struct rr_landmark near_miss; /* the landmark's place, other registers */
    uint64_t short_at_record; /* + 1: registers right, output less */
    uint64_t words_at_record; /* + 1: registers right, other words in memory */
    /* Cleared bits in use when the replayer flushed, or the guest itself. */
    struct rr_cleared_note cleared, cleared_and_flushed;
};

/* A debugger, for which the replay goes back and stays at its end. */
struct rr_debugger {
    struct rr_travel *travel; /* NULL: there is no debugger */
    uint64_t stop_at_branches; /* for it; UINT64_MAX: does not */
    bool has_left; /* it has detached */
    bool is_moving; /* to a place where the replay has been: says nothing */
    enum rr_exit status; /* once the replay is over */
    uint64_t shown_bytes; /* the console has shown the output up to here */
};

struct rr_replay {
    struct rr_config config;
    struct rr_position position;
    struct rr_host host;
    struct rr_report report;
    struct rr_debugger debugger;
};

/*
 * The floors of this directory, from the ground; a file calls only downwards,
 * and files of the same floor do not call each other.
 */

/* ---- 0: goal.c (goal.h), sandbox.c (sandbox.h), budget.c ---- */

/** Conditional branches that the guest has retired. */
uint64_t rr_replay_branches(const struct rr_replay *r);
/** Stop before the first instruction after @target branches. */
void rr_replay_set_target(struct rr_replay *r, uint64_t target);
/** Stop before the next translation block. */
void rr_replay_stop_here(struct rr_replay *r);

/* ---- 1: state.c ---- */

/** The replay of this process, for hooks, which are not given it. */
struct rr_replay *rr_replay_get(void);
/** A debugger is there, for which the replay stays at its end. */
bool rr_replay_has_debugger(const struct rr_replay *r);
/** Change the goal; abort()s if that is not an edge of the diagram (goal.h). */
void rr_replay_set_goal(struct rr_replay *r, enum rr_goal goal);
/**
 * The replay is over.  The guest may make further accesses until the end of the
 * translation block: they get zeros.
 */
bool rr_replay_is_over(const struct rr_replay *r);
/**
 * The record that rr_replay_head() has given and that was not taken yet, or
 * NULL.
 */
const struct rrlog_record *rr_replay_peek(const struct rr_replay *r);

/* ---- 1: console.c ---- */

/** The guest wrote @value to a port; shows it if that is a console. */
void rr_replay_console_write(struct rr_replay *r, uint16_t port,
                             uint8_t value);
/** The guest read @value from a port, which tells whether it has a device. */
void rr_replay_console_read(struct rr_replay *r, uint16_t port, uint8_t value);
/** Show what is left of lines; say so if there was nothing to show at all. */
void rr_replay_console_end(struct rr_replay *r);

/* ---- 1: screen.c ---- */

/**
 * Save the guest's screen in @path, a PNG file, when the replay ends; the file
 * is made now.  False, with @errp set, if there is no VGA adapter or no file.
 * @owner: of QEMU's objects that this takes.
 */
bool rr_replay_screen_init(struct rr_replay *r, const char *path,
                           Object *owner, Error **errp);
/** The guest made an access of @size bytes at port or GPA @addr. */
void rr_replay_screen_access(struct rr_replay *r, uint64_t addr, uint64_t value,
                             unsigned int size, bool is_port, bool is_write);
/** The machine was reset. */
void rr_replay_screen_reset(struct rr_replay *r);
/**
 * Draw the screen and save it, if it is wanted and was not saved yet.  BQL
 * held.  False: that failed, which was said.
 */
bool rr_replay_screen_save(struct rr_replay *r);

/* ---- 1: progress.c ---- */

/** Show the progress if wanted and due; @last: now, and end the line. */
void rr_replay_show_progress(struct rr_replay *r, bool last);

/* ---- 2: emulated.c ---- */

/** The guest accesses a device's register; @did: RR_DID_READ or _WRITE. */
void rr_replay_note_mmio(struct rr_replay *r, unsigned int did);

/* ---- 1: adbits.c ---- */

/** The TLB is about to be flushed: keep evidence of cleared bits, if any. */
void rr_replay_note_adbits(struct rr_replay *r);
/** Name accessed and dirty bits as a possible cause, if they may be one. */
void rr_replay_report_adbits(struct rr_replay *r);

/* ---- 1: undefined.c ---- */

/**
 * Name the last instruction that left flags undefined, if they may be the
 * cause: @differing bits of RFLAGS are not the landmark's, or the replay gives
 * the results of another family than the recording has.
 */
void rr_replay_report_undefined(struct rr_replay *r, uint64_t differing);

/** Name the last instruction that TCG does not have, if there was one. */
void rr_replay_report_illegal(struct rr_replay *r);

/* ---- 1: corrupt.c ---- */

/** Test hook: make record number @number, from 1 on, wrong if it is to be. */
void rr_replay_corrupt(struct rr_replay *r, uint64_t number,
                       struct rrlog_record *rec);

/* ---- 2: report.c ---- */

/** Stop the guest and QEMU; RR_ENDED. */
enum rr_outcome rr_replay_end(struct rr_replay *r, enum rr_exit status);
/** Stop and report a divergence; RR_DIVERGED. */
enum rr_outcome G_GNUC_PRINTF(2, 3)
rr_replay_diverged(struct rr_replay *r, const char *fmt, ...);
/** Likewise, with the registers of @rec's landmark and those @found. */
enum rr_outcome rr_replay_diverged_at(struct rr_replay *r,
                                      const struct rrlog_record *rec,
                                      const struct rr_landmark *found,
                                      const char *what);
/** Stop and report what rrlog_reader_next(@reader) gave, @err; RR_ENDED. */
enum rr_outcome rr_replay_read_failed(struct rr_replay *r,
                                      const struct rrlog_reader *reader,
                                      int err);
/** Keep a record that was taken, for the report. */
void rr_replay_note_recent(struct rr_replay *r, const struct rrlog_record *rec);
/** Keep a boundary at the landmark's place whose registers are others. */
void rr_replay_note_near_miss(struct rr_replay *r,
                              const struct rr_landmark *found);

/* ---- 3: log.c ---- */

/** The next record, NULL at the end of the log; valid until it is taken. */
enum rr_outcome rr_replay_head(struct rr_replay *r,
                               const struct rrlog_record **rec);
/** Take the next record, which rr_replay_head() has given, from the log. */
void rr_replay_pop(struct rr_replay *r);
/**
 * The next record with a landmark, which bounds how long the guest may run;
 * NULL if there is none within the read-ahead.
 */
enum rr_outcome rr_replay_next_landmark(struct rr_replay *r,
                                        const struct rrlog_record **rec);

/* Where the readers of the log are. */
struct rr_log_place;
/** Mark the place; NULL if the log cannot be read on from here. */
struct rr_log_place *rr_replay_mark_log(const struct rr_replay *r);
/** Read on from @place; the position must be that of the time. */
enum rr_outcome rr_replay_return_log(struct rr_replay *r,
                                     const struct rr_log_place *place);
/** The bytes that @place takes, about. */
size_t rr_replay_log_place_bytes(const struct rr_log_place *place);
/** Free @place, which may be NULL. */
void rr_replay_log_place_free(struct rr_log_place *place);

/* ---- 3: ram.c ---- */

enum rr_outcome rr_replay_apply_dma(struct rr_replay *r,
                                    const struct rrlog_record *rec);
enum rr_outcome rr_replay_apply_slot(struct rr_replay *r,
                                     const struct rrlog_record *rec);
/** Does memory hold the words of @rec, which is of type RRLOG_WORDS? */
bool rr_replay_has_words(const struct rr_replay *r,
                         const struct rrlog_record *rec);
/** KVM set accessed and dirty bits in the guest's page table. */
enum rr_outcome rr_replay_apply_pte_bits(struct rr_replay *r,
                                         const struct rrlog_record *rec);
/** Make the memory map show all slots as the records so far have them. */
void rr_replay_show_slots(struct rr_replay *r);
/** Compare RAM with a digest; differences are counted until the end. */
enum rr_outcome rr_replay_check_digest(struct rr_replay *r,
                                       const struct rrlog_record *rec);

/* ---- 3: watch.c ---- */

/** Look from now on, in the main loop, whether the guest gets on. */
void rr_replay_start_watch(struct rr_replay *r);

/* ---- 3: end.c ---- */

/** The log is over: compare the end state if there is one, and report. */
enum rr_outcome rr_replay_end_of_log(struct rr_replay *r);

/* ---- 4: apply.c ---- */

/**
 * Take the next record, which takes effect between two instructions, and do
 * what it says.  May leave by longjmp: the delivery of an interrupt can fault.
 */
enum rr_outcome rr_replay_apply_head(struct rr_replay *r);
/** Let watchpoints be hit again, after such a longjmp. */
void rr_replay_show_watchpoints(struct rr_replay *r);
/** Compare the guest's output with the output that @rec states. */
enum rr_outcome rr_replay_check_output(struct rr_replay *r,
                                       const struct rrlog_record *rec);
/** Apply what the environment did during the guest's access. */
enum rr_outcome rr_replay_apply_at_access(struct rr_replay *r);
/**
 * The guest makes an access of type @type.  Its record is next in the log (and
 * the caller takes it), or the replay is over: NULL.  @what names the access.
 */
const struct rrlog_record *rr_replay_expect(struct rr_replay *r,
                                            enum rrlog_type type,
                                            const char *what);

/* ---- 5: travel.c ---- */

/** A debugger will come: keep checkpoints in so many bytes. */
void rr_travel_init(struct rr_replay *r, uint64_t checkpoint_bytes);
/** Is the guest to stop at this boundary, before records are applied? */
bool rr_travel_stops_before(struct rr_replay *r);
/**
 * Records were applied at this boundary; before, there were @records and the
 * guest was at @rip.  Is the guest to stop here, before its next instruction?
 */
bool rr_travel_stops_after(struct rr_replay *r, uint64_t records,
                           uint64_t rip);

/** Go to the place behind that branch, with the next run of the guest. */
void rr_travel_seek(struct rr_replay *r, uint64_t branches);
/** The number of checkpoints, and their bytes. */
uint64_t rr_travel_checkpoints(const struct rr_replay *r, uint64_t *bytes);

/* ---- 6: follow.c, for machine.c; the rest of it and cpu.c are hooks ---- */

/**
 * The guest's processor shut down (a triple fault), with the guest not running:
 * the next record must be the reset.  BQL held.
 */
void rr_replay_shut_down(struct rr_replay *r);

/* ---- 6: cpu.c, besides hooks ---- */

/**
 * The guest is about to execute @insn of x87, and the recording processor was
 * of another kind; called without the BQL.
 */
void rr_replay_x87_differs(CPUState *cpu, const char *insn);

/**
 * The guest is about to execute @insn, which CPUID hides; the recording
 * processor may have it, and its results are not known.  Called without the
 * BQL.
 */
void rr_replay_hidden_differs(CPUState *cpu, const char *insn);

/* ---- 6: io.c ---- */

/** Make the regions that catch the guest's accesses; no BQL needed. */
void rr_replay_io_init(struct rr_replay *r, Object *owner);

#endif
