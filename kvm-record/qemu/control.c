/*
 * Recordings that the user starts and stops while the guest runs: properties of
 * the object /rr-recorder, for QMP's qom-set and qom-get (rr-kvm start, stop).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object.h"
#include "system/cpus.h"
#include "system/system.h"

#define TYPE_RR_CONTROL "rr-recorder"

static bool may_begin(const struct rr_recorder *r, const char *path,
                      Error **errp)
{
    if (r->life == RR_LIFE_RECORDING || r->flight) {
        error_setg(errp, "the machine is being recorded into %s; rr-kvm stop "
                   "ends that", r->path);
    } else if (r->refusal) {
        error_setg(errp, "this machine cannot be recorded any more: %s",
                   r->refusal);
    } else if (!r->vcpus[0].cpu) {
        error_setg(errp, "the machine has not run yet");
    } else if (!g_path_is_absolute(path)) {
        error_setg(errp, "the trace's path '%s' is not absolute", path);
    } else {
        return true;
    }
    return false;
}

/* The vCPUs are paused at boundaries; the machine's state does not change. */
static void begin(struct rr_recorder *r, const char *path, Error **errp)
{
    if (!may_begin(r, path, errp)) {
        return;
    }
    if (r->plan.window_ms) {
        rr_flight_begin(r, path, &r->plan, errp);
        return;
    }
    pause_all_vcpus();
    rr_step_to_boundary(rr_recorder_vcpu(r));
    g_free(r->path);
    r->path = g_strdup(path);
    rr_recording_begin(r, errp);
    resume_all_vcpus();
}

static void end(struct rr_recorder *r, Error **errp)
{
    if (r->life != RR_LIFE_RECORDING && !r->flight) {
        error_setg(errp, "the machine is not being recorded");
        return;
    }
    pause_all_vcpus();
    r->end_reason = RRLOG_END_STOPPED;
    rr_recording_end(r);
    if (r->flight) {
        rr_flight_end(r);
    }
    resume_all_vcpus();
}

static char *get_trace(Object *obj, Error **errp)
{
    const struct rr_recorder *r = &rr_recorder;
    struct rr_flight_status status;

    if (r->flight) {
        rr_flight_status(r, &status);
        return g_strdup(status.dir);
    }
    return g_strdup(r->life == RR_LIFE_RECORDING ? r->path : "");
}

/* An empty path ends the recording. */
static void set_trace(Object *obj, const char *path, Error **errp)
{
    if (*path) {
        begin(&rr_recorder, path, errp);
    } else {
        end(&rr_recorder, errp);
    }
}

static char *get_life(Object *obj, Error **errp)
{
    return g_strdup(rr_life_name(rr_recorder.life));
}

static void get_plan(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_uint64(v, name, opaque, errp);
}

static void set_plan(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_uint64(v, name, opaque, errp);
}

static void get_flight(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    struct rr_flight_status s = { 0 };
    char *error;

    if (rr_recorder.flight) {
        rr_flight_status(&rr_recorder, &s);
    }
    error = (char *)(s.error ?: "");
    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    if (visit_type_uint64(v, "segments", &s.segments, errp) &&
        visit_type_uint64(v, "bytes", &s.bytes, errp) &&
        visit_type_uint64(v, "covered-ms", &s.covered_ms, errp) &&
        visit_type_uint64(v, "pause-ms", &s.pause_ms, errp) &&
        visit_type_str(v, "error", &error, errp)) {
        visit_check_struct(v, errp);
    }
    visit_end_struct(v, NULL);
}

static void add_flight(ObjectClass *oc)
{
    object_class_property_add(oc, "flight", "struct", get_flight, NULL, NULL,
                              NULL);
    object_class_property_set_description(oc, "flight",
        "What a flight has on the disk; segments 0: there is none");
    object_class_property_add(oc, "flight-window-ms", "uint64", get_plan,
                              set_plan, NULL, &rr_recorder.plan.window_ms);
    object_class_property_set_description(oc, "flight-window-ms",
        "The next recording is a flight that keeps this time; 0: it is not");
    object_class_property_add(oc, "flight-limit-bytes", "uint64", get_plan,
                              set_plan, NULL, &rr_recorder.plan.limit_bytes);
    object_class_property_set_description(oc, "flight-limit-bytes",
        "What that flight may take of the disk; 0: no limit");
}

static void control_class_init(ObjectClass *oc, void *data)
{
    object_class_property_add_str(oc, "trace", get_trace, set_trace);
    object_class_property_set_description(oc, "trace",
        "The trace that is being recorded; set it to start, to \"\" to stop");
    object_class_property_add_str(oc, "life", get_life, NULL);
    object_class_property_set_description(oc, "life",
        "off, recording, ended, failed");
    add_flight(oc);
}

static const TypeInfo control_type = {
    .name = TYPE_RR_CONTROL,
    .parent = TYPE_OBJECT,
    .class_init = control_class_init,
};

static void machine_done(Notifier *n, void *data)
{
    if (rr_recorder.is_armed) {
        Object *obj = object_new(TYPE_RR_CONTROL);

        object_property_add_child(object_get_root(), TYPE_RR_CONTROL, obj);
        object_unref(obj);
    }
}

static void register_types(void)
{
    static Notifier done_notifier = { .notify = machine_done };

    type_register_static(&control_type);
    qemu_add_machine_init_done_notifier(&done_notifier);
}

type_init(register_types)
