/*
 * The options of the recorder; see record-options.h and options.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/record-options.h"

#include "common/cli/message.h"
#include "common/cli/qemu.h"
#include "kvm-record/vm/record-config.h"

void rr_record_options_entries(struct rr_record_options *o,
			       GOptionEntry *entries)
{
#define RR_FLAG(field, option, property, manifest_key, help)                  \
	*entries++ = (GOptionEntry){ option,	0,    0,   G_OPTION_ARG_NONE, \
				     &o->field, help, NULL };
#define RR_CHOICE(field, option, argument, property, manifest_key, help)       \
	*entries++ =                                                           \
		(GOptionEntry){ option,	   0,	 0,	  G_OPTION_ARG_STRING, \
				&o->field, help, argument };
#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
		  default_value, needs_field, needs_value, help)             \
	*entries++ =                                                         \
		(GOptionEntry){ option,	   0,	 0,	  G_OPTION_ARG_INT,  \
				&o->field, help, argument };
#include "kvm-record/vm/options.def"
}

/* "ring, exit and epoch" */
static char *list_names(const char *const *names)
{
	GString *list = g_string_new(names[0]);
	size_t i;

	for (i = 1; names[0] && names[i]; i++)
		g_string_append_printf(list, "%s%s",
				       names[i + 1] ? ", " : " and ", names[i]);
	return g_string_free(list, FALSE);
}

static bool check_choice(const char *option, const char *value,
			 const char *const *names, GError **error)
{
	g_autofree char *list = NULL;

	if (!value || g_strv_contains(names, value))
		return true;
	list = list_names(names);
	rr_set_error(error, "--%s is one of %s", option, list);
	return false;
}

static bool check_number(const char *option, int value, int min, int max,
			 GError **error)
{
	if (!value || (value >= min && value <= max))
		return true;
	rr_set_error(error, "--%s is from %d to %d", option, min, max);
	return false;
}

static bool check_needed(const char *option, int value, const char *field,
			 const char *found, const char *needed, GError **error)
{
	if (!value || !g_strcmp0(found, needed))
		return true;
	rr_set_error(error, "--%s needs --%s %s", option, field, needed);
	return false;
}

bool rr_record_options_check(const struct rr_record_options *o, GError **error)
{
#define RR_NAME(id, name) name,
#define RR_FLAG(field, ...)
#define RR_CHOICE(field, option, ...)                                          \
	{                                                                      \
		static const char *const names[] = { RR_NAMES_##field(RR_NAME) \
							     NULL };           \
                                                                               \
		if (!check_choice(option, o->field, names, error))             \
			return false;                                          \
	}
#define RR_NUMBER(field, option, argument, property, manifest_key, min, max, \
		  default_value, needs_field, needs_value, help)             \
	if (!check_needed(option, o->field, #needs_field, o->needs_field,    \
			  needs_value, error) ||                             \
	    !check_number(option, o->field, min, max, error))                \
		return false;
#include "kvm-record/vm/options.def"
	return true;
}

void rr_record_options_append_accel(const struct rr_record_options *o,
				    GString *accel)
{
	if (o->notes) {
		g_autofree char *absolute =
			g_canonicalize_filename(o->notes, NULL);
		g_autofree char *escaped = rr_qemu_escape(absolute);

		g_string_append_printf(accel, ",rr-notes=%s", escaped);
	}
#define RR_FLAG(field, option, property, ...) \
	if (o->field)                         \
		g_string_append(accel, "," property "=on");
#define RR_CHOICE(field, option, argument, property, ...) \
	if (o->field)                                     \
		g_string_append_printf(accel, "," property "=%s", o->field);
#define RR_NUMBER(field, option, argument, property, ...) \
	if (o->field)                                     \
		g_string_append_printf(accel, "," property "=%d", o->field);
#include "kvm-record/vm/options.def"
}

void rr_record_options_append_args(const struct rr_record_options *o,
				   GPtrArray *args)
{
	if (o->notes) {
		g_ptr_array_add(args, g_strdup("--notes"));
		g_ptr_array_add(args, g_canonicalize_filename(o->notes, NULL));
	}
#define RR_FLAG(field, option, ...) \
	if (o->field)               \
		g_ptr_array_add(args, g_strdup("--" option));
#define RR_CHOICE(field, option, ...)                         \
	if (o->field) {                                       \
		g_ptr_array_add(args, g_strdup("--" option)); \
		g_ptr_array_add(args, g_strdup(o->field));    \
	}
#define RR_NUMBER(field, option, ...)                                   \
	if (o->field) {                                                 \
		g_ptr_array_add(args, g_strdup("--" option));           \
		g_ptr_array_add(args, g_strdup_printf("%d", o->field)); \
	}
#include "kvm-record/vm/options.def"
}

void rr_record_options_clear(struct rr_record_options *o)
{
	g_clear_pointer(&o->notes, g_free);
#define RR_FLAG(field, ...)
#define RR_CHOICE(field, ...) g_clear_pointer(&o->field, g_free);
#define RR_NUMBER(field, ...)
#include "kvm-record/vm/options.def"
}
