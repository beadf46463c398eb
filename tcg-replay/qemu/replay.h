/*
 * The replayer inside QEMU; see ARCHITECTURE.md, "Replaying".
 *
 * One vCPU thread does all the work; the main loop only waits for its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_REPLAY_INTERNAL_H
#define RR_REPLAY_INTERNAL_H

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "common/cli/exit-status.h"
#include "common/core/cpu-state.h"
#include "common/core/cpuid-table.h"
#include "common/core/hooks.h"
#include "common/logfmt/rrlog.h"

#define TYPE_RR_REPLAY_MACHINE MACHINE_TYPE_NAME("rr-replay")
OBJECT_DECLARE_SIMPLE_TYPE(RRReplayMachine, RR_REPLAY_MACHINE)

#define RR_MAX_SLOTS 1024
#define RR_RECENT_RECORDS 8

/* What the guest wrote to its first serial port (16550 at 0x3f8). */
typedef struct RRConsole {
    bool enabled;
    uint8_t line_control, modem_control;
} RRConsole;

typedef struct RRReplay {
    RRReplayMachine *machine;
    struct rrlog_reader *reader;
    CPUState *cpu;
    CPUX86State *env;
    MemoryRegion memory_io, port_io;
    MemoryRegion *blocks; /* by id */
    uint32_t block_count;
    MemoryRegion *slots[RR_MAX_SLOTS]; /* aliases of blocks */
    RRCpuidTable cpuid;

    GQueue queue; /* records read ahead, up to the next landmark */
    uint32_t queued_landmarks;
    bool unbounded; /* no landmark within the read-ahead: */
    uint64_t unbounded_end; /* ... at so many branches the guest is lost */
    bool at_eof;
    uint64_t records;   /* taken from the queue */
    uint64_t landmarks; /* passed */
    size_t consumed;    /* bytes of the read at the head given to the guest */
    GQueue recent;      /* the last records taken, for the report */

    uint64_t output_bytes, output_hash;
    uint64_t cr8, apic_base;
    bool epoch_clock, clock_is_set; /* rr-kvm record --clock epoch */
    uint64_t clock;
    bool halted;
    bool finished;
    bool seen_end;
    RRCPUState end_state;
    uint64_t digest_errors;

    uint64_t corrupt_record; /* test hook: number of the record, from 1 */
    uint64_t records_read;

    uint64_t steps; /* single steps since the last landmark */
    bool near_miss_valid;
    struct rr_landmark near_miss; /* same place, other registers */

    RRConsole console;
    bool progress;
    int64_t start_ns, progress_ns;
    uint64_t total_branches; /* of the last landmark, for the progress */
} RRReplay;

extern RRReplay rr_replay;

/*
 * The floors of this folder, from the ground; a file calls only downwards, and
 * files of the same floor do not call each other.
 */

/* 0: budget.c */
uint64_t rr_replay_branches(void);
/* Stop before the first instruction after @target branches. */
void rr_replay_set_target(uint64_t target);
void rr_replay_stop_here(void);

/* 1: console.c */
void rr_replay_console_write(uint16_t port, uint8_t value);

/* 1: progress.c */
void rr_replay_show_progress(bool last);

/* 1: adbits.c */
void rr_replay_report_adbits(void);

/* 1: corrupt.c */
void rr_replay_corrupt(struct rrlog_record *rec);

/* 2: report.c */
void rr_replay_finish(enum rr_exit status);
void rr_replay_note_recent(const struct rrlog_record *rec);
void G_GNUC_PRINTF(1, 2) rr_replay_diverged(const char *fmt, ...);
void rr_replay_diverged_at(const struct rrlog_record *rec,
                           const struct rr_landmark *found,
                           const char *what);
/* @err: what rrlog_reader_next() said. */
void rr_replay_read_failed(int err);

/* 3: queue.c */
const struct rrlog_record *rr_replay_head(void);
void rr_replay_pop(void);
/* The next landmark in the log bounds how long the guest may run. */
const struct rrlog_record *rr_replay_next_landmark(void);

/* 3: ram.c */
void rr_replay_apply_dma(const struct rrlog_record *rec);
void rr_replay_apply_slot(const struct rrlog_record *rec);
void rr_replay_check_digest(const struct rrlog_record *rec);

/* 3: end.c */
void rr_replay_end_of_log(void);

/* 4: apply.c */
void rr_replay_apply_head(void);
bool rr_replay_check_output(const struct rrlog_record *rec);
/* Records that the outside caused during the guest's access. */
void rr_replay_outside_at_access(void);
/* Next record is the answer to an access of this type, else divergence. */
const struct rrlog_record *rr_replay_expect(enum rrlog_type type,
                                            const char *what);

/* 5: io.c */
void rr_replay_io_init(Object *owner);

#endif
