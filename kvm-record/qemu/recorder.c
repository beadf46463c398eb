/*
 * The recording: its beginning, its records, its end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <sys/utsname.h>
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu-version.h"
#include "qom/object.h"
#include "hw/boards.h"
#include "system/hw_accel.h"
#include "system/iothread.h"
#include "system/runstate.h"
#include "system/system.h"
#include "kvm-record/host/pmu-event.h"

bool rr_recording;
RRRecorder rr_recorder = {
    /* What a guest sees of it: kernel-patch/README.md. */
    .epoch_us = 100,
};

static const char *const clock_names[] = {
    [RR_CLOCK_RING] = "ring",
    [RR_CLOCK_EXIT] = "exit",
    [RR_CLOCK_EPOCH] = "epoch",
};

static char *get_path(Object *obj, Error **errp)
{
    return g_strdup(rr_recorder.path);
}

static bool get_fsync(Object *obj, Error **errp)
{
    return rr_recorder.fsync;
}

static void set_fsync(Object *obj, bool value, Error **errp)
{
    rr_recorder.fsync = value;
}

static bool get_images(Object *obj, Error **errp)
{
    return rr_recorder.refer_to_images;
}

static void set_images(Object *obj, bool value, Error **errp)
{
    rr_recorder.refer_to_images = value;
}

static char *get_clock_mode(Object *obj, Error **errp)
{
    return g_strdup(clock_names[rr_recorder.clock]);
}

static void set_clock_mode(Object *obj, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(clock_names); i++) {
        if (!strcmp(value, clock_names[i])) {
            rr_recorder.clock = i;
            return;
        }
    }
    error_setg(errp, "rr-clock is one of ring, exit and epoch");
}

static void get_epoch(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    visit_type_uint32(v, name, &rr_recorder.epoch_us, errp);
}

/* KVM says what it takes. */
static void set_epoch(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    visit_type_uint32(v, name, &rr_recorder.epoch_us, errp);
}

static void set_path(Object *obj, const char *value, Error **errp)
{
    g_free(rr_recorder.path);
    rr_recorder.path = g_strdup(value);
    rr_recording = true;
}

void rr_record_refuse(const char *what)
{
    error_report("rr-record: %s cannot be recorded; switch it off (rr-kvm "
                 "record does)", what);
    exit(1);
}

void rr_record_add_property(ObjectClass *kvm_accel_class)
{
    object_class_property_add_str(kvm_accel_class, "rr-record", get_path,
                                  set_path);
    object_class_property_set_description(kvm_accel_class, "rr-record",
        "Record the machine into this trace folder");
    object_class_property_add_bool(kvm_accel_class, "rr-fsync", get_fsync,
                                   set_fsync);
    object_class_property_set_description(kvm_accel_class, "rr-fsync",
        "Recording: sync the trace to the disk all the time");
    object_class_property_add_bool(kvm_accel_class, "rr-images", get_images,
                                   set_images);
    object_class_property_set_description(kvm_accel_class, "rr-images",
        "Recording: refer to image files that are open read-only");
    object_class_property_add_str(kvm_accel_class, "rr-clock", get_clock_mode,
                                  set_clock_mode);
    object_class_property_set_description(kvm_accel_class, "rr-clock",
        "Recording: ring, exit, or epoch");
    object_class_property_add(kvm_accel_class, "rr-epoch-us", "uint32",
                              get_epoch, set_epoch, NULL, NULL);
    object_class_property_set_description(kvm_accel_class, "rr-epoch-us",
        "Recording with rr-clock=epoch: microseconds between steps");
}

void rr_record_fail(const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    if (rr_recorder.finished) {
        return;
    }
    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    rr_recorder.finished = true;
    rr_recorder.started = false;
    error_report("rr-record: recording into %s stopped: %s; the guest goes on",
                 rr_recorder.path, text);
    if (rr_recorder.writer) {
        rrlog_writer_close(rr_recorder.writer, false);
        rr_recorder.writer = NULL;
    }
}

void rr_record_stamp(struct rrlog_record *rec)
{
    RRRecorder *s = &rr_recorder;

    rec->output_bytes = s->output_bytes;
    rec->output_hash = s->output_hash;
    if (s->in_access) {
        rec->stamp = RRLOG_AT_ACCESS;
    } else if (rec->stamp != RRLOG_AT_LANDMARK) {
        rec->stamp = RRLOG_AT_LANDMARK;
        rec->landmark = *rr_record_landmark();
    }
}

void rr_record_check(int ret)
{
    if (ret) {
        g_autofree char *why = g_strdup(rrlog_writer_error(rr_recorder.writer));

        rr_record_fail("%s", why);
    }
}

void rr_record_append(struct rrlog_record *rec)
{
    if (rr_recorder.started) {
        rr_record_stamp(rec);
        rr_record_check(rrlog_writer_append(rr_recorder.writer, rec));
    }
}

static char *command_line(void)
{
    g_autofree char *text = NULL;
    gsize bytes = 0;

    if (!g_file_get_contents("/proc/self/cmdline", &text, &bytes, NULL)) {
        return g_strdup("");
    }
    for (gsize i = 0; i + 1 < bytes; i++) {
        text[i] = text[i] ? text[i] : ' ';
    }
    return g_steal_pointer(&text);
}

static char *host_cpu(void)
{
    g_autofree char *text = NULL;
    char *at;

    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL)) {
        return g_strdup("unknown");
    }
    at = strstr(text, "model name");
    at = at ? strchr(at, ':') : NULL;
    if (!at) {
        return g_strdup("unknown");
    }
    at[strcspn(at, "\n")] = 0;
    return g_strdup(at + 2);
}

static void write_manifest(void)
{
    struct rrlog_writer *w = rr_recorder.writer;
    g_autofree char *cmdline = command_line();
    g_autofree char *cpu = host_cpu();
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *start = g_date_time_format_iso8601(now);
    struct utsname uts;

    uname(&uts);
    rrlog_writer_manifest_set(w, "tool.version", "rr-kvm 0.1");
    rrlog_writer_manifest_set(w, "qemu.version", QEMU_FULL_VERSION);
    rrlog_writer_manifest_set(w, "host.kernel", uts.release);
    rrlog_writer_manifest_set(w, "host.cpu", cpu);
    rrlog_writer_manifest_set(w, "command_line", cmdline);
    rrlog_writer_manifest_set(w, "start.time", start);
    rrlog_writer_manifest_set(w, "pmu.event", rr_pmu_event_name());
    rrlog_writer_manifest_set(w, "clock.mode", clock_names[rr_recorder.clock]);
    if (rr_recorder.clock == RR_CLOCK_EPOCH) {
        rrlog_writer_manifest_set_u64(w, "clock.epoch_us",
                                      rr_recorder.epoch_us);
    }
    rrlog_writer_manifest_set_u64(w, "machine.ram_bytes",
                                  current_machine->ram_size);
    rrlog_writer_manifest_set(w, "cpu.model",
                              object_get_typename(OBJECT(rr_recorder.cpu)));
    rrlog_writer_manifest_set_bytes(w, "cpu.cpuid", rr_recorder.cpuid,
                                    rr_recorder.cpuid_bytes);
}

static void append_initial_state(CPUState *cpu)
{
    RRCPUState *state = &rr_recorder.last_state;
    struct rrlog_record rec = {
        .type = RRLOG_CPU_STATE,
        .data = state->value,
    };

    rr_cpu_state_get(cpu_env(cpu), state);
    rec.data_bytes = state->count * sizeof(uint64_t);
    rr_record_append(&rec);
}

static int iothread_found(Object *obj, void *opaque)
{
    return object_dynamic_cast(obj, TYPE_IOTHREAD) ? 1 : 0;
}

/* Comes before the machine stops for it. */
static void shutdown_requested(Notifier *n, void *data)
{
    ShutdownCause cause = *(ShutdownCause *)data;

    if (!shutdown_caused_by_guest(cause)) {
        rr_recorder.end_reason = RRLOG_END_STOPPED;
    }
}

static Notifier shutdown_notifier = { .notify = shutdown_requested };

static void vm_state_changed(void *opaque, bool running, RunState state)
{
    if (!running && (state == RUN_STATE_SHUTDOWN ||
                     runstate_check(RUN_STATE_SHUTDOWN))) {
        rr_record_stop(rr_recorder.end_reason);
    }
}

void rr_record_start(CPUState *cpu)
{
    RRRecorder *s = &rr_recorder;
    int ret;

    s->cpu = cpu;
    if (object_child_foreach_recursive(object_get_objects_root(),
                                       iothread_found, NULL)) {
        error_report("rr-record: iothreads cannot be recorded; remove "
                     "-object iothread");
        exit(1);
    }
    if (rr_record_ring_open(cpu) < 0) {
        exit(1);
    }
    rr_record_timer_open();
    ret = rrlog_writer_create(s->path, NULL, &s->writer);
    if (ret) {
        error_report("rr-record: cannot create the trace %s: %s", s->path,
                     strerror(-ret));
        exit(1);
    }
    rrlog_writer_set_fsync(s->writer, s->fsync);
    write_manifest();
    rr_record_memory_start();
    if (s->finished) {
        exit(1);
    }
    s->started = true;
    if (s->refer_to_images) {
        rr_record_images_start();
    }
    /* What the replay applies before the first instruction. */
    s->in_access = true;
    rr_record_memory_slots();
    append_initial_state(cpu);
    s->in_access = false;
    s->end_reason = RRLOG_END_SHUTDOWN;
    qemu_register_shutdown_notifier(&shutdown_notifier);
    qemu_add_vm_change_state_handler(vm_state_changed, NULL);
}

/* The guest was slowed down rather than the memory filled. */
static void tell_wait(void)
{
    uint64_t wait_ns = rrlog_writer_wait_ns(rr_recorder.writer);

    if (wait_ns >= 1000000) {
        warn_report("rr-record: the guest waited %.3f s in all for the disk "
                    "to take the trace", wait_ns / 1e9);
    }
}

void rr_record_stop(enum rrlog_end_reason reason)
{
    RRRecorder *s = &rr_recorder;
    RRCPUState state;
    struct rrlog_record rec = {
        .type = RRLOG_END,
        .field = { reason },
        .data = state.value,
    };
    int ret;

    if (!s->started) {
        return;
    }
    rr_record_landmark();
    cpu_synchronize_state(s->cpu);
    rr_cpu_state_get(cpu_env(s->cpu), &state);
    rec.data_bytes = state.count * sizeof(uint64_t);
    s->in_access = false;
    rr_record_append(&rec);
    rr_record_memory_digests();
    if (!s->started) {
        return;
    }
    s->started = false;
    s->finished = true;
    tell_wait();
    ret = rrlog_writer_close(s->writer, true);
    s->writer = NULL;
    if (ret) {
        error_report("rr-record: closing the trace %s: %s", s->path,
                     strerror(-ret));
    }
}
