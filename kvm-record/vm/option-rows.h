/*
 * The rows of options.def as a table, for the recorder in QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_OPTION_ROWS_H
#define RR_OPTION_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rr_record_config;

enum rr_option_type {
	RR_OPTION_FLAG, /* a bool */
	RR_OPTION_CHOICE, /* an enum: an index of names[] */
	RR_OPTION_NUMBER, /* a uint32_t from min to max */
};

struct rr_option_row {
	enum rr_option_type type;
	const char *property; /* of -accel kvm */
	const char *manifest_key; /* NULL: not in the manifest */
	const char *help;
	size_t offset; /* of the value, in struct rr_record_config */
	const char *const *names; /* NULL-terminated */
	uint32_t min, max;
	/* It has a meaning only if the choice there has this name, or NULL. */
	size_t needs_offset;
	const char *const *needs_names;
	const char *needs_value;
};

extern const struct rr_option_row rr_option_rows[];
extern const size_t rr_option_row_count;

/** Whether the option has a meaning with these values. */
bool rr_option_has_meaning(const struct rr_option_row *row,
			   const struct rr_record_config *config);

/** Set a choice by name; false if @name is not one of the row's. */
bool rr_option_set_choice(const struct rr_option_row *row,
			  struct rr_record_config *config, const char *name);

/** The name of a choice's value. */
const char *rr_option_get_choice(const struct rr_option_row *row,
				 const struct rr_record_config *config);

/** The value of a flag or a number. */
uint32_t rr_option_get_number(const struct rr_option_row *row,
			      const struct rr_record_config *config);

/** Set a flag or a number; false if @value is out of range. */
bool rr_option_set_number(const struct rr_option_row *row,
			  struct rr_record_config *config, uint32_t value);

#endif
