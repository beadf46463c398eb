/*
 * The recorder's options: properties of -accel kvm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object.h"

static const char *const clock_names[] = {
    [RR_CLOCK_RING] = "ring",
    [RR_CLOCK_EXIT] = "exit",
    [RR_CLOCK_EPOCH] = "epoch",
};

const char *rr_record_clock_name(void)
{
    return clock_names[rr_recorder.clock];
}

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
