/*
 * The recorder's options: properties of -accel kvm, and their entries in the
 * manifest.  All but paths are rows of kvm-record/vm/options.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object.h"
#include "kvm-record/vm/option-rows.h"

static char *get_path(Object *obj, Error **errp)
{
    return g_strdup(rr_recorder.path);
}

static void set_path(Object *obj, const char *value, Error **errp)
{
    g_free(rr_recorder.path);
    rr_recorder.path = g_strdup(value);
    rr_recording = true;
    rr_machine_prepare(errp);
}

static bool get_armed(Object *obj, Error **errp)
{
    return rr_recorder.is_armed;
}

static void set_armed(Object *obj, bool value, Error **errp)
{
    rr_recorder.is_armed = value;
    if (value) {
        rr_recording = true;
        rr_machine_prepare(errp);
    }
}

static char *get_notes(Object *obj, Error **errp)
{
    return g_strdup(rr_recorder.notes);
}

static void set_notes(Object *obj, const char *value, Error **errp)
{
    g_free(rr_recorder.notes);
    rr_recorder.notes = g_strdup(value);
}

static void get_flag(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    bool value = rr_option_get_number(opaque, &rr_recorder.config);

    visit_type_bool(v, name, &value, errp);
}

static void set_flag(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        rr_option_set_number(opaque, &rr_recorder.config, value);
    }
}

static void get_number(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    uint32_t value = rr_option_get_number(opaque, &rr_recorder.config);

    visit_type_uint32(v, name, &value, errp);
}

static void set_number(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    const struct rr_option_row *row = opaque;
    uint32_t value;

    if (visit_type_uint32(v, name, &value, errp) &&
        !rr_option_set_number(row, &rr_recorder.config, value)) {
        error_setg(errp, "%s is from %u to %u", name, row->min, row->max);
    }
}

static void get_choice(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    char *value = (char *)rr_option_get_choice(opaque, &rr_recorder.config);

    visit_type_str(v, name, &value, errp);
}

static void set_choice(Object *obj, Visitor *v, const char *name, void *opaque,
                       Error **errp)
{
    const struct rr_option_row *row = opaque;
    g_autofree char *names = g_strjoinv(", ", (char **)row->names);
    g_autofree char *value = NULL;

    if (visit_type_str(v, name, &value, errp) &&
        !rr_option_set_choice(row, &rr_recorder.config, value)) {
        error_setg(errp, "%s takes one of: %s", name, names);
    }
}

static const struct {
    const char *type;
    ObjectPropertyAccessor *get, *set;
} accessors[] = {
    [RR_OPTION_FLAG] = { "bool", get_flag, set_flag },
    [RR_OPTION_CHOICE] = { "string", get_choice, set_choice },
    [RR_OPTION_NUMBER] = { "uint32", get_number, set_number },
};

static void set_missed_write(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &rr_recorder.missed_write, errp);
}

bool rr_user_apic;

static void set_user_apic(Object *obj, bool value, Error **errp)
{
    rr_user_apic = value;
}

void rr_record_add_property(ObjectClass *kvm_accel_class)
{
    object_class_property_add_bool(kvm_accel_class, "x-rr-user-apic", NULL,
                                   set_user_apic);
    object_class_property_set_description(kvm_accel_class, "x-rr-user-apic",
        "For benchmarks: allow kernel-irqchip=off without a recording");
    object_class_property_add(kvm_accel_class, "x-rr-miss-write", "uint32",
                              NULL, set_missed_write, NULL, NULL);
    object_class_property_set_description(kvm_accel_class, "x-rr-miss-write",
        "For tests: leave write number N of QEMU to RAM out of the log");
    object_class_property_add_str(kvm_accel_class, "rr-record", get_path,
                                  set_path);
    object_class_property_set_description(kvm_accel_class, "rr-record",
        "Record the machine into this trace directory");
    object_class_property_add_bool(kvm_accel_class, "rr-armed", get_armed,
                                   set_armed);
    object_class_property_set_description(kvm_accel_class, "rr-armed",
        "Make ready to record the machine; recordings are started and stopped "
        "by properties of /rr-recorder");
    object_class_property_add_str(kvm_accel_class, "rr-notes", get_notes,
                                  set_notes);
    object_class_property_set_description(kvm_accel_class, "rr-notes",
        "Recording: keep the texts of this directory in the manifest");
    for (size_t i = 0; i < rr_option_row_count; i++) {
        const struct rr_option_row *row = &rr_option_rows[i];
        g_autofree char *help = g_strconcat("Recording: ", row->help, NULL);

        object_class_property_add(kvm_accel_class, row->property,
                                  accessors[row->type].type,
                                  accessors[row->type].get,
                                  accessors[row->type].set, NULL,
                                  (void *)row);
        object_class_property_set_description(kvm_accel_class, row->property,
                                              help);
    }
}

void rr_options_write_manifest(const struct rr_recorder *r)
{
    struct rrlog_writer *w = r->writer;
    const struct rr_record_config *config = &r->config;

    for (size_t i = 0; i < rr_option_row_count; i++) {
        const struct rr_option_row *row = &rr_option_rows[i];

        if (!row->manifest_key || !rr_option_has_meaning(row, config)) {
            continue;
        }
        if (row->type == RR_OPTION_CHOICE) {
            rrlog_writer_manifest_set(w, row->manifest_key,
                                      rr_option_get_choice(row, config));
        } else {
            rrlog_writer_manifest_set_u64(w, row->manifest_key,
                                          rr_option_get_number(row, config));
        }
    }
}
