/*
 * The options of the recorder, as given to rr-kvm record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_OPTIONS_H
#define RR_RECORD_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* A member is FALSE, NULL or 0 if its option was not given. */
struct rr_record_options {
	char *notes; /* a directory with texts for the manifest */
#define RR_FLAG(field, ...) gboolean field;
#define RR_CHOICE(field, ...) char *field;
#define RR_NUMBER(field, ...) gint field;
#include "kvm-record/vm/options.def"
};

#define RR_RECORD_OPTION_COUNT \
	(sizeof(struct rr_record_option_count) / sizeof(char))
struct rr_record_option_count {
#define RR_FLAG(field, ...) char field;
#define RR_CHOICE(field, ...) char field;
#define RR_NUMBER(field, ...) char field;
#include "kvm-record/vm/options.def"
};

/** The GOption entries that fill @o: RR_RECORD_OPTION_COUNT of them. */
void rr_record_options_entries(struct rr_record_options *o,
			       GOptionEntry *entries);

/** False, and @error, if a value is out of range or has no use. */
bool rr_record_options_check(const struct rr_record_options *o, GError **error);

/** Append them to @accel, the argument of QEMU's -accel: ",rr-clock=ring". */
void rr_record_options_append_accel(const struct rr_record_options *o,
				    GString *accel);

/** Append them to @args as options of rr-kvm record. */
void rr_record_options_append_args(const struct rr_record_options *o,
				   GPtrArray *args);

/** Free what the entries allocated. */
void rr_record_options_clear(struct rr_record_options *o);

#endif
