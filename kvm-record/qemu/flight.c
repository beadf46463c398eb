/*
 * A flight: the recording goes on in one segment after the other, and old ones
 * are removed.
 *
 * A segment is a trace of its own that begins as one of "rr-kvm start" does,
 * with the guest's memory, at the boundary where the one before ends.  The
 * guest waits while its memory is written.
 *
 * All runs in the main thread, with the BQL: a timer of glib looks after the
 * flight four times a second.  (QEMU's timers run in the vCPU's thread, which
 * cannot pause itself.)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "kvm-record/qemu/flight-plan.h"
#include "kvm-record/qemu/trace.h"

#define LOOK_MS 250
#define RETRY_MS 10000 /* after a failure */

struct rr_flight {
    struct rr_recorder *recorder;
    struct rr_flight_plan plan;
    char *dir;
    GArray *segments; /* the last one is being recorded */
    uint32_t made; /* the last number that was used */
    guint source;
    int64_t retry_ms;
    uint64_t grown_bytes; /* since the last look */
    char *error; /* of the last failure, or NULL */
};

static int64_t now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static struct rr_flight_segment *last_segment(struct rr_flight *f)
{
    return &g_array_index(f->segments, struct rr_flight_segment,
                          f->segments->len - 1);
}

static const struct rr_flight_segment *all_segments(const struct rr_flight *f)
{
    return (const struct rr_flight_segment *)f->segments->data;
}

static char *path_of(const struct rr_flight *f, uint32_t number)
{
    g_autofree char *name = g_strdup_printf("segment-%06u.rrt", number);

    return g_build_filename(f->dir, name, NULL);
}

/* What the files of segment @number take on the disk. */
static uint64_t measure(const struct rr_flight *f, uint32_t number)
{
    g_autofree char *path = path_of(f, number);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    uint64_t bytes = 0;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        struct stat st;

        if (!lstat(file, &st)) {
            bytes += st.st_blocks * 512;
        }
    }
    return bytes;
}

static void note_error(struct rr_flight *f, const char *text)
{
    g_free(f->error);
    f->error = g_strdup(text);
    f->retry_ms = now_ms() + RETRY_MS;
}

static void remove_oldest(struct rr_flight *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_autofree char *path = path_of(f, all_segments(f)[i].number);
        int ret = rrlog_trace_remove(path);

        if (ret && ret != -ENOENT) {
            warn_report("rr-record: cannot remove %s: %s", path,
                        strerror(-ret));
        }
    }
    g_array_remove_range(f->segments, 0, count);
}

/* Room for @reserve_bytes more. */
static void make_room(struct rr_flight *f, uint64_t reserve_bytes)
{
    remove_oldest(f, rr_flight_surplus(&f->plan, all_segments(f),
                                       f->segments->len, now_ms(),
                                       reserve_bytes));
}

static bool has_room(const struct rr_flight *f, uint64_t reserve_bytes)
{
    return !f->plan.limit_bytes ||
           rr_flight_bytes(all_segments(f), f->segments->len) +
           reserve_bytes <= f->plan.limit_bytes;
}

/* All vCPUs are paused at boundaries. */
static bool begin_segment(struct rr_flight *f, Error **errp)
{
    struct rr_recorder *r = f->recorder;
    struct rr_flight_segment segment = {
        .number = ++f->made, .begin_ms = now_ms(),
    };

    g_free(r->path);
    r->path = path_of(f, segment.number);
    r->segment = segment.number;
    if (!rr_recording_begin(r, errp)) {
        return false;
    }
    segment.start_bytes = segment.bytes = measure(f, segment.number);
    g_array_append_val(f->segments, segment);
    return true;
}

static void end_segment(struct rr_flight *f)
{
    struct rr_recorder *r = f->recorder;

    r->end_reason = RRLOG_END_STOPPED;
    rr_recording_end(r);
    last_segment(f)->bytes = measure(f, last_segment(f)->number);
}

/*
 * Go on in a new segment.  If the limit has no room for its memory beside the
 * segment that ends, that one goes first.
 */
static void go_on(struct rr_flight *f)
{
    Error *err = NULL;
    int64_t begin_ms = now_ms();
    uint64_t reserve = f->segments->len ? last_segment(f)->start_bytes : 0;

    pause_all_vcpus();
    rr_step_to_boundary(rr_recorder_vcpu(f->recorder));
    if (f->recorder->life == RR_LIFE_RECORDING) {
        end_segment(f);
    }
    make_room(f, reserve);
    if (f->segments->len && !has_room(f, reserve)) {
        warn_report_once("rr-record: the flight's limit has no room for two "
                         "segments: what came before is lost at each new one");
        remove_oldest(f, f->segments->len);
    }
    if (!begin_segment(f, &err)) {
        note_error(f, error_get_pretty(err));
        warn_report("rr-record: no new segment of %s: %s; the guest goes on, "
                    "and the next try is in %d s", f->dir,
                    error_get_pretty(err), RETRY_MS / 1000);
        error_free(err);
    } else {
        f->retry_ms = 0;
        last_segment(f)->pause_ms = now_ms() - begin_ms;
        trace_rr_record_segment(last_segment(f)->number,
                                last_segment(f)->pause_ms);
    }
    resume_all_vcpus();
}

static void look_at_size(struct rr_flight *f)
{
    struct rr_flight_segment *last = last_segment(f);
    uint64_t bytes = measure(f, last->number);

    f->grown_bytes = bytes > last->bytes ? bytes - last->bytes : 0;
    last->bytes = bytes;
}

/* Recording has failed: try again, once a while has passed. */
static void look_after_failure(struct rr_flight *f)
{
    if (!f->retry_ms) {
        note_error(f, "the recording failed; QEMU's message says why");
    }
    if (!f->recorder->refusal && now_ms() >= f->retry_ms) {
        go_on(f);
    }
}

static void look_while_recording(struct rr_flight *f)
{
    uint64_t reserve;

    look_at_size(f);
    reserve = 2 * f->grown_bytes;
    make_room(f, reserve);
    if (!has_room(f, reserve) ||
        rr_flight_is_due(&f->plan, all_segments(f), f->segments->len,
                         now_ms())) {
        go_on(f);
    }
}

static gboolean look(gpointer opaque)
{
    struct rr_flight *f = opaque;

    if (f->recorder->life == RR_LIFE_RECORDING) {
        look_while_recording(f);
    } else if (runstate_is_running()) {
        look_after_failure(f);
    }
    return G_SOURCE_CONTINUE;
}

/* Two segments must fit, or each new one would lose all that was recorded. */
static bool check_limit(const struct rr_flight *f, Error **errp)
{
    uint64_t needed = 3 * all_segments(f)->start_bytes;
    g_autofree char *limit = size_to_str(f->plan.limit_bytes);
    g_autofree char *least = size_to_str(needed);

    if (!f->plan.limit_bytes || f->plan.limit_bytes >= needed) {
        return true;
    }
    error_setg(errp, "a flight of %s is too small: each segment begins with "
               "the guest's memory, and %s are needed", limit, least);
    return false;
}

static struct rr_flight *new_flight(struct rr_recorder *r, const char *dir,
                                    const struct rr_flight_plan *plan)
{
    struct rr_flight *f = g_new0(struct rr_flight, 1);

    f->recorder = r;
    f->plan = *plan;
    f->dir = g_strdup(dir);
    f->segments = g_array_new(false, false, sizeof(struct rr_flight_segment));
    return f;
}

static bool begin_first(struct rr_flight *f, Error **errp)
{
    int64_t begin_ms = now_ms();

    if (!begin_segment(f, errp)) {
        return false;
    }
    last_segment(f)->pause_ms = now_ms() - begin_ms;
    if (check_limit(f, errp)) {
        return true;
    }
    end_segment(f);
    remove_oldest(f, 1);
    return false;
}

bool rr_flight_begin(struct rr_recorder *r, const char *dir,
                     const struct rr_flight_plan *plan, Error **errp)
{
    struct rr_flight *f;

    if (mkdir(dir, 0700)) {
        error_setg_errno(errp, errno, "cannot make %s", dir);
        return false;
    }
    f = r->flight = new_flight(r, dir, plan);
    pause_all_vcpus();
    rr_step_to_boundary(rr_recorder_vcpu(r));
    if (begin_first(f, errp)) {
        f->source = g_timeout_add(LOOK_MS, look, f);
    } else {
        rmdir(dir);
        rr_flight_end(r);
    }
    resume_all_vcpus();
    return r->flight;
}

void rr_flight_end(struct rr_recorder *r)
{
    struct rr_flight *f = r->flight;

    if (f->source) {
        g_source_remove(f->source);
    }
    g_array_free(f->segments, true);
    g_free(f->error);
    g_free(f->dir);
    g_free(f);
    r->flight = NULL;
    r->segment = 0;
}

void rr_flight_status(const struct rr_recorder *r,
                      struct rr_flight_status *status)
{
    const struct rr_flight *f = r->flight;
    const struct rr_flight_segment *oldest = all_segments(f);

    *status = (struct rr_flight_status) {
        .dir = f->dir,
        .error = f->error,
        .segments = f->segments->len,
        .bytes = rr_flight_bytes(oldest, f->segments->len),
        .covered_ms = f->segments->len ? now_ms() - oldest->begin_ms : 0,
        .pause_ms = f->segments->len ? oldest[f->segments->len - 1].pause_ms
                                     : 0,
    };
}
