/*
 * The recorder's options: properties of -accel kvm, and their entries in the
 * manifest.  All follow from the rows of kvm-record/vm/options.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qom/object.h"

static char *get_path(Object *obj, Error **errp)
{
    return g_strdup(rr_recorder.path);
}

static void set_path(Object *obj, const char *value, Error **errp)
{
    g_free(rr_recorder.path);
    rr_recorder.path = g_strdup(value);
    rr_recording = true;
}

/* The index of @value in @names; -1 and @errp if it is not there. */
static int find_name(const char *property, const char *value,
                     const char *const *names, Error **errp)
{
    g_autofree char *list = NULL;

    for (int i = 0; names[i]; i++) {
        if (!strcmp(value, names[i])) {
            return i;
        }
    }
    list = g_strjoinv(", ", (char **)names);
    error_setg(errp, "%s takes one of: %s", property, list);
    return -1;
}

/* A number from @min to @max; on failure the old value stays. */
static void set_number(Visitor *v, const char *name, uint32_t *number,
                       uint32_t min, uint32_t max, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value < min || value > max) {
        error_setg(errp, "%s is from %u to %u", name, min, max);
        return;
    }
    *number = value;
}

/* ---- a getter and a setter for each row ---- */

#define RR_NAME(id, name) name,

#define RR_FLAG(field, option, property, manifest_key, help) \
    static bool get_option_##field(Object *obj, Error **errp) \
    { \
        return rr_recorder.config.field; \
    } \
    \
    static void set_option_##field(Object *obj, bool value, Error **errp) \
    { \
        rr_recorder.config.field = value; \
    }

#define RR_CHOICE(field, option, argument, property, manifest_key, help) \
    static const char *const field##_names[] = { \
        RR_NAMES_##field(RR_NAME) NULL \
    }; \
    \
    static char *get_option_##field(Object *obj, Error **errp) \
    { \
        return g_strdup(field##_names[rr_recorder.config.field]); \
    } \
    \
    static void set_option_##field(Object *obj, const char *value, Error **errp) \
    { \
        int i = find_name(property, value, field##_names, errp); \
        \
        if (i >= 0) { \
            rr_recorder.config.field = i; \
        } \
    }

#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
                  ...) \
    static void get_option_##field(Object *obj, Visitor *v, const char *name, \
                                   void *opaque, Error **errp) \
    { \
        visit_type_uint32(v, name, &rr_recorder.config.field, errp); \
    } \
    \
    static void set_option_##field(Object *obj, Visitor *v, const char *name, \
                                   void *opaque, Error **errp) \
    { \
        set_number(v, name, &rr_recorder.config.field, min, max, errp); \
    }

#include "kvm-record/vm/options.def"

/* ---- the properties ---- */

static void describe(ObjectClass *class, const char *property, const char *help)
{
    g_autofree char *text = g_strconcat("Recording: ", help, NULL);

    object_class_property_set_description(class, property, text);
}

void rr_record_add_property(ObjectClass *kvm_accel_class)
{
    object_class_property_add_str(kvm_accel_class, "rr-record", get_path,
                                  set_path);
    object_class_property_set_description(kvm_accel_class, "rr-record",
        "Record the machine into this trace folder");

#define RR_FLAG(field, option, property, manifest_key, help) \
    object_class_property_add_bool(kvm_accel_class, property, \
                                   get_option_##field, set_option_##field); \
    describe(kvm_accel_class, property, help);
#define RR_CHOICE(field, option, argument, property, manifest_key, help) \
    object_class_property_add_str(kvm_accel_class, property, \
                                  get_option_##field, set_option_##field); \
    describe(kvm_accel_class, property, help);
#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
                  default_value, needs_field, needs_value, help) \
    object_class_property_add(kvm_accel_class, property, "uint32", \
                              get_option_##field, set_option_##field, NULL, NULL); \
    describe(kvm_accel_class, property, help);
#include "kvm-record/vm/options.def"
}

/* ---- the manifest ---- */

static void note_text(const char *key, const char *value)
{
    if (key) {
        rrlog_writer_manifest_set(rr_recorder.writer, key, value);
    }
}

static void note_number(const char *key, uint64_t value)
{
    if (key) {
        rrlog_writer_manifest_set_u64(rr_recorder.writer, key, value);
    }
}

void rr_record_note_options(void)
{
#define RR_FLAG(field, option, property, manifest_key, help) \
    note_number(manifest_key, rr_recorder.config.field);
#define RR_CHOICE(field, option, argument, property, manifest_key, help) \
    note_text(manifest_key, field##_names[rr_recorder.config.field]);
#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
                  default_value, needs_field, needs_value, help) \
    if (!strcmp(needs_field##_names[rr_recorder.config.needs_field], \
                needs_value)) { \
        note_number(manifest_key, rr_recorder.config.field); \
    }
#include "kvm-record/vm/options.def"
}
