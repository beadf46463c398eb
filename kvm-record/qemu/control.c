/*
 * Recordings that the user starts and stops while the guest runs: properties of
 * the object /rr-recorder, for QMP's qom-set and qom-get (rr-kvm start, stop).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qom/object.h"
#include "system/cpus.h"
#include "system/system.h"

#define TYPE_RR_CONTROL "rr-recorder"

static bool may_begin(const struct rr_recorder *r, const char *path,
                      Error **errp)
{
    if (r->life == RR_LIFE_RECORDING) {
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
    pause_all_vcpus();
    rr_step_to_boundary(rr_recorder_vcpu(r));
    g_free(r->path);
    r->path = g_strdup(path);
    rr_recording_begin(r, errp);
    resume_all_vcpus();
}

static void end(struct rr_recorder *r, Error **errp)
{
    if (r->life != RR_LIFE_RECORDING) {
        error_setg(errp, "the machine is not being recorded");
        return;
    }
    pause_all_vcpus();
    r->end_reason = RRLOG_END_STOPPED;
    rr_recording_end(r);
    resume_all_vcpus();
}

static char *get_trace(Object *obj, Error **errp)
{
    const struct rr_recorder *r = &rr_recorder;

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

static void control_class_init(ObjectClass *oc, void *data)
{
    object_class_property_add_str(oc, "trace", get_trace, set_trace);
    object_class_property_set_description(oc, "trace",
        "The trace that is being recorded; set it to start, to \"\" to stop");
    object_class_property_add_str(oc, "life", get_life, NULL);
    object_class_property_set_description(oc, "life",
        "off, recording, ended, failed");
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
