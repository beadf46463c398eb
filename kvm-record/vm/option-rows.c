/*
 * The rows of options.def as a table; see option-rows.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/option-rows.h"

#include <string.h>

#include "kvm-record/vm/record-config.h"

#define OFFSET(field) offsetof(struct rr_record_config, field)
#define NAME(id, name) name,

#define RR_FLAG(field, ...)
#define RR_CHOICE(field, ...)                                               \
	_Static_assert(sizeof((struct rr_record_config){ 0 }.field) ==      \
			       sizeof(unsigned int),                        \
		       "an enum is an unsigned int");                       \
	static const char *const field##_names[] = { RR_NAMES_##field(NAME) \
							     NULL };
#define RR_NUMBER(field, ...)
#include "kvm-record/vm/options.def"

const struct rr_option_row rr_option_rows[] = {
#define RR_FLAG(field, option, prop, key, text) \
	{ .type = RR_OPTION_FLAG,               \
	  .property = prop,                     \
	  .manifest_key = key,                  \
	  .help = text,                         \
	  .offset = OFFSET(field),              \
	  .max = 1 },
#define RR_CHOICE(field, option, argument, prop, key, text) \
	{ .type = RR_OPTION_CHOICE,                         \
	  .property = prop,                                 \
	  .manifest_key = key,                              \
	  .help = text,                                     \
	  .offset = OFFSET(field),                          \
	  .names = field##_names },
#define RR_NUMBER(field, option, argument, prop, key, from, to, default_value, \
		  needs_field, value, text)                                    \
	{ .type = RR_OPTION_NUMBER,                                            \
	  .property = prop,                                                    \
	  .manifest_key = key,                                                 \
	  .help = text,                                                        \
	  .offset = OFFSET(field),                                             \
	  .min = from,                                                         \
	  .max = to,                                                           \
	  .needs_offset = OFFSET(needs_field),                                 \
	  .needs_names = needs_field##_names,                                  \
	  .needs_value = value },
#include "kvm-record/vm/options.def"
};
const size_t rr_option_row_count =
	sizeof(rr_option_rows) / sizeof(rr_option_rows[0]);

static void *value_of(struct rr_record_config *config, size_t offset)
{
	return (char *)config + offset;
}

static const void *const_value_of(const struct rr_record_config *config,
				  size_t offset)
{
	return (const char *)config + offset;
}

bool rr_option_has_meaning(const struct rr_option_row *row,
			   const struct rr_record_config *config)
{
	const unsigned int *choice;

	if (!row->needs_names)
		return true;
	choice = const_value_of(config, row->needs_offset);
	return !strcmp(row->needs_names[*choice], row->needs_value);
}

bool rr_option_set_choice(const struct rr_option_row *row,
			  struct rr_record_config *config, const char *name)
{
	unsigned int *choice = value_of(config, row->offset), i;

	for (i = 0; row->names[i]; i++) {
		if (!strcmp(row->names[i], name)) {
			*choice = i;
			return true;
		}
	}
	return false;
}

const char *rr_option_get_choice(const struct rr_option_row *row,
				 const struct rr_record_config *config)
{
	const unsigned int *choice = const_value_of(config, row->offset);

	return row->names[*choice];
}

uint32_t rr_option_get_number(const struct rr_option_row *row,
			      const struct rr_record_config *config)
{
	const void *value = const_value_of(config, row->offset);

	if (row->type == RR_OPTION_FLAG)
		return *(const bool *)value;
	return *(const uint32_t *)value;
}

bool rr_option_set_number(const struct rr_option_row *row,
			  struct rr_record_config *config, uint32_t value)
{
	void *target = value_of(config, row->offset);

	if (value < row->min || value > row->max)
		return false;
	if (row->type == RR_OPTION_FLAG)
		*(bool *)target = value;
	else
		*(uint32_t *)target = value;
	return true;
}
