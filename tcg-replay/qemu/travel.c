/*
 * A debugger's way through time: back by one instruction, back to a break- or
 * watchpoint, and to a place.
 *
 * All of it is: return to a checkpoint, run to a count of branches, and step
 * from there.  A place is known by its branches, records and registers; where
 * the guest comes by more than once with all of these equal, the first time is
 * taken.  The vCPU leaves cpu_exec() with EXCP_DEBUG at each stop, and
 * rr_replay_debug_stop() decides what is next, with the vCPU out of the guest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/qemu/replay.h"
#include "tcg-replay/qemu/checkpoint.h"
#include "hw/core/cpu.h"
#include "system/runstate.h"

/* Stepping back leaves a checkpoint so many branches before the place. */
#define NEAR_BRANCHES 4096
#define MAX_HIDDEN 64

enum errand {
    NO_ERRAND, /* the debugger runs the guest forwards */
    STEP_BACK,
    CONTINUE_BACK,
    GO_THERE,
};

enum phase {
    RUN, /* to stop_at_branches, without the debugger's breakpoints */
    WALK, /* step until the target */
    COUNT, /* step .steps_left times */
    SCAN, /* run to stop_at_branches and note each break- and watchpoint */
    SCAN_OVER, /* a single step over a breakpoint of it */
    SCAN_WALK, /* step until the target, and note them too */
};

struct place {
    struct rr_landmark at;
    uint64_t records, output_bytes;
};

struct hit {
    bool is_there, is_watch;
    vaddr watch_address;
    struct place place;
};

struct rr_travel {
    struct rr_checkpoints *checkpoints;
    enum errand wanted, errand;
    enum phase phase;
    struct place target;
    bool is_target_rough; /* its branches alone */
    uint64_t wanted_branches;

    uint64_t reach; /* STEP_BACK: steps begin so many branches before */
    uint64_t next_run; /* branches to run to after this, or 0 */
    bool begins_at_first; /* the checkpoint is the first one */
    uint64_t steps, steps_left, last_other; /* of WALK and COUNT */
    bool is_between; /* records were applied, rip is the same */

    uint64_t scan_from; /* branches of the checkpoint that it began at */
    bool scan_has_target; /* the interval ends at the target */
    struct hit hit;
    vaddr report_watch; /* address of a watchpoint to report, plus 1 */
    const char *note; /* for gdb's stop reply */

    /* The debugger's breakpoints while it must not see them. */
    bool is_hidden;
    unsigned int hidden_breaks, hidden_watches;
    vaddr break_at[MAX_HIDDEN];
    struct {
        vaddr at, bytes;
        int flags;
    } watch[MAX_HIDDEN];
};

/* ---- the debugger's breakpoints ---- */

static void hide_breakpoints(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    CPUState *cpu = r->host.cpu;
    CPUBreakpoint *bp;
    CPUWatchpoint *wp;

    if (t->is_hidden) {
        return;
    }
    t->is_hidden = true;
    t->hidden_breaks = t->hidden_watches = 0;
    QTAILQ_FOREACH(bp, &cpu->breakpoints, entry) {
        if ((bp->flags & BP_GDB) && t->hidden_breaks < MAX_HIDDEN) {
            t->break_at[t->hidden_breaks++] = bp->pc;
        }
    }
    QTAILQ_FOREACH(wp, &cpu->watchpoints, entry) {
        if ((wp->flags & BP_GDB) && t->hidden_watches < MAX_HIDDEN) {
            t->watch[t->hidden_watches].at = wp->vaddr;
            t->watch[t->hidden_watches].bytes = wp->len;
            t->watch[t->hidden_watches++].flags =
                wp->flags & (BP_GDB | BP_MEM_ACCESS);
        }
    }
    cpu_breakpoint_remove_all(cpu, BP_GDB);
    cpu_watchpoint_remove_all(cpu, BP_GDB);
}

static void show_breakpoints(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    CPUState *cpu = r->host.cpu;

    if (!t->is_hidden) {
        return;
    }
    t->is_hidden = false;
    for (unsigned int i = 0; i < t->hidden_breaks; i++) {
        cpu_breakpoint_insert(cpu, t->break_at[i], BP_GDB, NULL);
    }
    for (unsigned int i = 0; i < t->hidden_watches; i++) {
        cpu_watchpoint_insert(cpu, t->watch[i].at, t->watch[i].bytes,
                              t->watch[i].flags, NULL);
    }
}

static bool is_at_breakpoint(struct rr_replay *r)
{
    const CPUX86State *env = r->host.env;

    return cpu_breakpoint_test(r->host.cpu, env->segs[R_CS].base + env->eip,
                               BP_GDB);
}

/* ---- places ---- */

static struct place here(struct rr_replay *r)
{
    struct place p = {
        .at.branches = rr_replay_branches(r),
        .records = r->position.records,
        .output_bytes = r->position.output_bytes,
    };

    rr_landmark_from_env(r->host.env, &p.at);
    return p;
}

static bool is_same_boundary(const struct place *a, const struct place *b)
{
    return !memcmp(&a->at, &b->at, sizeof(a->at));
}

static bool is_target(const struct rr_travel *t, const struct place *p)
{
    if (t->is_target_rough) {
        return p->at.branches >= t->target.at.branches;
    }
    return is_same_boundary(p, &t->target) &&
           p->records == t->target.records &&
           p->output_bytes == t->target.output_bytes;
}

/* Stepping has missed the target, or the replay is over. */
static bool is_past_target(const struct rr_replay *r, const struct place *p)
{
    const struct rr_travel *t = r->debugger.travel;

    if (rr_replay_is_over(r) || t->is_target_rough) {
        return rr_replay_is_over(r);
    }
    return p->at.branches > t->target.at.branches ||
           p->records > t->target.records;
}

/* ---- moving ---- */

static bool is_stop_due(const struct rr_replay *r)
{
    return r->debugger.travel->wanted != NO_ERRAND ||
           rr_replay_branches(r) >= r->debugger.stop_at_branches;
}

static void step(struct rr_replay *r)
{
    r->host.cpu->singlestep_enabled = SSTEP_ENABLE | SSTEP_NOIRQ |
                                      SSTEP_NOTIMER;
}

static void run_to(struct rr_replay *r, uint64_t branches)
{
    r->host.cpu->singlestep_enabled = 0;
    r->debugger.stop_at_branches = branches;
    rr_replay_stop_here(r); /* the boundary sets the budget */
}

/* The errand is done: gdb is told.  False, for rr_replay_debug_stop(). */
static bool finish(struct rr_replay *r, const char *note)
{
    struct rr_travel *t = r->debugger.travel;
    CPUWatchpoint *wp;

    t->errand = NO_ERRAND;
    t->note = note;
    r->debugger.is_moving = false;
    r->debugger.stop_at_branches = UINT64_MAX;
    r->host.cpu->singlestep_enabled = 0;
    r->host.cpu->watchpoint_hit = NULL;
    rr_replay_stop_here(r);
    show_breakpoints(r);
    QTAILQ_FOREACH(wp, &r->host.cpu->watchpoints, entry) {
        if ((wp->flags & BP_GDB) && t->report_watch == wp->vaddr + 1) {
            r->host.cpu->watchpoint_hit = wp;
        }
    }
    t->report_watch = 0;
    return false;
}

static bool begin_walk(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    r->debugger.stop_at_branches = UINT64_MAX;
    t->steps = 0;
    t->last_other = UINT64_MAX;
    t->is_between = false;
    if (t->phase == COUNT) {
        if (!t->steps_left) {
            return finish(r, "");
        }
        step(r);
        return true;
    }
    t->phase = WALK;
    return true;
}

static bool walk(struct rr_replay *r);

/* Return to a checkpoint, and go from there to @branches, then walk. */
static bool approach(struct rr_replay *r, uint64_t branches)
{
    struct rr_travel *t = r->debugger.travel;
    struct rr_checkpoint_place from;

    hide_breakpoints(r);
    if (!rr_checkpoint_return(r, t->checkpoints, branches, &from)) {
        return finish(r, "");
    }
    t->begins_at_first = from.is_first;
    t->next_run = 0;
    if (from.branches >= branches) {
        begin_walk(r);
        return t->phase == COUNT ? t->errand != NO_ERRAND : walk(r);
    }
    t->begins_at_first = false;
    if (t->phase != COUNT) {
        t->phase = RUN;
    }
    if (branches - from.branches > 2 * NEAR_BRANCHES) {
        t->next_run = branches;
        branches -= NEAR_BRANCHES;
    }
    run_to(r, branches);
    return true;
}

/* The branches of a run are done. */
static bool arrive(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    uint64_t next = t->next_run;

    if (rr_replay_is_over(r)) {
        return finish(r, "replaylog:end;");
    }
    if (t->errand == STEP_BACK) {
        rr_checkpoint_take(r, t->checkpoints);
    }
    if (next) {
        t->next_run = 0;
        run_to(r, next);
        return true;
    }
    begin_walk(r);
    if (t->phase == COUNT) {
        return t->errand != NO_ERRAND;
    }
    return walk(r);
}

/* How far to go back for an errand that ends at the target. */
static uint64_t walk_from(const struct rr_travel *t)
{
    uint64_t branches = t->target.at.branches;
    uint64_t reach = t->errand == STEP_BACK ? t->reach : 0;

    return branches > reach ? branches - reach : 0;
}

/* Stepping back, the target was found: go to the step before it. */
static bool found_target(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (t->errand != STEP_BACK) {
        return finish(r, "");
    }
    if (t->last_other == UINT64_MAX) {
        if (t->begins_at_first) {
            return finish(r, "replaylog:begin;");
        }
        t->reach *= 16;
        return approach(r, walk_from(t));
    }
    t->steps_left = t->last_other;
    t->phase = COUNT;
    return approach(r, walk_from(t));
}

static bool walk(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    struct place p = here(r);

    if (is_target(t, &p)) {
        return found_target(r);
    }
    if (is_past_target(r, &p)) {
        if (!t->is_target_rough) {
            fprintf(stderr, "rr-replay: the place was not found again; this is "
                    "the next one\n");
        }
        return finish(r, rr_replay_is_over(r) ? "replaylog:end;" : "");
    }
    if (!is_same_boundary(&p, &t->target) && !t->is_between) {
        t->last_other = t->steps;
    }
    t->steps++;
    t->is_between = false;
    step(r);
    return true;
}

static bool count(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (--t->steps_left && !rr_replay_is_over(r)) {
        step(r);
        return true;
    }
    return finish(r, "");
}

/* ---- backwards to a break- or watchpoint ---- */

/* Scan from the last checkpoint before @branches. */
static bool begin_scan(struct rr_replay *r, uint64_t branches, uint64_t stop)
{
    struct rr_travel *t = r->debugger.travel;
    struct rr_checkpoint_place from;

    t->hit.is_there = false;
    hide_breakpoints(r);
    if (!rr_checkpoint_return(r, t->checkpoints, branches, &from)) {
        return finish(r, "");
    }
    show_breakpoints(r);
    t->begins_at_first = from.is_first;
    t->scan_from = from.branches;
    t->phase = SCAN;
    run_to(r, stop);
    return true;
}

static void note_hit(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    const CPUWatchpoint *wp = r->host.cpu->watchpoint_hit;

    t->hit = (struct hit){
        .is_there = true,
        .is_watch = wp,
        .watch_address = wp ? wp->vaddr : 0,
        .place = here(r),
    };
    r->host.cpu->watchpoint_hit = NULL;
}

static bool end_scan(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (t->hit.is_there) {
        t->target = t->hit.place;
        t->is_target_rough = false;
        t->reach = 1;
        t->errand = t->hit.is_watch ? STEP_BACK : GO_THERE;
        t->report_watch = t->hit.is_watch ? t->hit.watch_address + 1 : 0;
        t->phase = RUN;
        return approach(r, walk_from(t));
    }
    if (t->begins_at_first) {
        struct rr_checkpoint_place first;

        hide_breakpoints(r);
        rr_checkpoint_return(r, t->checkpoints, 0, &first);
        return finish(r, "replaylog:begin;");
    }
    t->scan_has_target = false;
    /* A checkpoint may be behind its branch: scan up to the next branch. */
    return begin_scan(r, t->scan_from ? t->scan_from - 1 : 0,
                      t->scan_from + 1);
}

static bool scan_walk(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;
    struct place p;

    if (r->host.cpu->watchpoint_hit) {
        note_hit(r);
    }
    p = here(r);
    if (is_target(t, &p) || is_past_target(r, &p)) {
        return end_scan(r);
    }
    if (is_at_breakpoint(r)) {
        note_hit(r);
    }
    step(r);
    return true;
}

static bool scan(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (is_stop_due(r) || rr_replay_is_over(r)) {
        if (!t->scan_has_target || rr_replay_is_over(r)) {
            return end_scan(r);
        }
        t->phase = SCAN_WALK;
        r->debugger.stop_at_branches = UINT64_MAX;
        return scan_walk(r);
    }
    if (r->host.cpu->watchpoint_hit) {
        note_hit(r);
        return true;
    }
    if (is_at_breakpoint(r)) {
        note_hit(r);
        t->phase = SCAN_OVER;
        step(r);
    }
    return true;
}

static bool scan_over(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (r->host.cpu->watchpoint_hit) {
        note_hit(r);
    }
    t->phase = SCAN;
    r->host.cpu->singlestep_enabled = 0;
    rr_replay_stop_here(r);
    return true;
}

/* ---- what the debugger asks for ---- */

static bool begin(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    t->errand = t->wanted;
    t->wanted = NO_ERRAND;
    t->reach = 1;
    t->phase = RUN;
    t->report_watch = 0;
    t->is_target_rough = t->errand == GO_THERE;
    r->debugger.is_moving = true;
    r->host.cpu->singlestep_enabled = 0;
    r->host.cpu->watchpoint_hit = NULL;
    if (t->errand == GO_THERE) {
        t->target = (struct place){ .at.branches = t->wanted_branches };
        return approach(r, t->wanted_branches);
    }
    t->target = here(r);
    if (t->errand == STEP_BACK) {
        return approach(r, walk_from(t));
    }
    t->scan_has_target = true;
    return begin_scan(r, MAX(t->target.at.branches, 1) - 1,
                      t->target.at.branches);
}

bool rr_replay_debug_stop(CPUState *cpu)
{
    struct rr_replay *r = rr_replay_get();
    struct rr_travel *t = r->debugger.travel;

    if (!t) {
        return false;
    }
    if (t->wanted != NO_ERRAND) {
        return begin(r);
    }
    t->note = "";
    if (t->errand == NO_ERRAND) {
        if (rr_replay_is_over(r)) {
            t->note = "replaylog:end;";
        }
        return false;
    }
    switch (t->phase) {
    case RUN:
        return arrive(r);
    case WALK:
        return walk(r);
    case COUNT:
        return r->debugger.stop_at_branches != UINT64_MAX ? arrive(r)
                                                          : count(r);
    case SCAN:
        return scan(r);
    case SCAN_OVER:
        return scan_over(r);
    case SCAN_WALK:
        return scan_walk(r);
    default:
        g_assert_not_reached();
    }
}

bool rr_travel_stops_before(struct rr_replay *r)
{
    struct rr_travel *t = r->debugger.travel;

    if (!t) {
        return false;
    }
    if (!rr_checkpoint_is_there(t->checkpoints)) {
        rr_checkpoint_take(r, t->checkpoints); /* before the first record */
    }
    return is_stop_due(r);
}

bool rr_travel_stops_after(struct rr_replay *r, uint64_t records, uint64_t rip)
{
    struct rr_travel *t = r->debugger.travel;

    if (!t) {
        return false;
    }
    rr_checkpoint_take_if_due(r, t->checkpoints);
    if (!r->host.cpu->singlestep_enabled || r->position.records == records) {
        return false;
    }
    t->is_between = r->host.env->eip == rip;
    return t->errand != NO_ERRAND || !t->is_between;
}

/* Main thread; the guest is stopped, and gdb makes it run now. */
static bool want(enum errand errand)
{
    struct rr_replay *r = rr_replay_get();

    if (!rr_replaying || !r->debugger.travel) {
        return false;
    }
    r->debugger.travel->wanted = errand;
    r->host.cpu->halted = 0;
    rr_replay_stop_here(r);
    return true;
}

bool rr_replay_step_back(void)
{
    return want(STEP_BACK);
}

bool rr_replay_continue_back(void)
{
    return want(CONTINUE_BACK);
}

bool rr_replay_can_go_back(void)
{
    return rr_replaying && rr_replay_has_debugger(rr_replay_get());
}

void rr_travel_seek(struct rr_replay *r, uint64_t branches)
{
    r->debugger.travel->wanted_branches = branches;
    want(GO_THERE);
}

const char *rr_replay_stop_note(void)
{
    struct rr_travel *t = rr_replay_get()->debugger.travel;

    return t && t->note ? t->note : "";
}

void rr_replay_debugger_left(void)
{
    struct rr_replay *r = rr_replay_get();

    if (!rr_replaying || !r->debugger.travel) {
        return;
    }
    r->debugger.has_left = true;
    if (rr_replay_is_over(r)) {
        qemu_system_shutdown_request_with_code(SHUTDOWN_CAUSE_HOST_QMP_QUIT,
                                               r->debugger.status);
    }
}

/* ^C while the replay goes back: it stays where it is. */
static void state_changed(void *opaque, bool running, RunState state)
{
    struct rr_replay *r = opaque;

    if (state == RUN_STATE_PAUSED && !running &&
        r->debugger.travel->errand != NO_ERRAND) {
        finish(r, "");
    }
}

uint64_t rr_travel_checkpoints(const struct rr_replay *r, uint64_t *bytes)
{
    return rr_checkpoint_count(r->debugger.travel->checkpoints, bytes);
}

void rr_travel_init(struct rr_replay *r, uint64_t checkpoint_bytes)
{
    r->debugger.travel = g_new0(struct rr_travel, 1);
    r->debugger.travel->checkpoints = rr_checkpoints_new(checkpoint_bytes);
    r->debugger.stop_at_branches = UINT64_MAX;
    qemu_add_vm_change_state_handler(state_changed, r);
}
