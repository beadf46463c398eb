/*
 * The table of record types, generated from RRLOG_RECORDS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/record.h"

#define COUNT_OF(...)                                         \
	(sizeof((const char *const[]){ NULL, __VA_ARGS__ }) / \
		 sizeof(const char *) -                       \
	 1)

const struct rrlog_type_info rrlog_types[RRLOG_TYPE_LIMIT] = {
#define X(id, number, name_, data, ...)                    \
	[number] = { .type = (enum rrlog_type)(number),    \
		     .name = name_,                        \
		     .has_data = data,                     \
		     .field_count = COUNT_OF(__VA_ARGS__), \
		     .fields = { __VA_ARGS__ } },
	RRLOG_RECORDS(X)
#undef X
};

const uint8_t rrlog_shapes[RRLOG_TYPE_LIMIT] = {
#define X(id, number, name, data, ...)                                \
	[number] = RRLOG_SHAPE_TYPE | (data ? RRLOG_SHAPE_DATA : 0) | \
		   ((1u << COUNT_OF(__VA_ARGS__)) - 1),
	RRLOG_RECORDS(X)
#undef X
};

/* A type that does not fit the tables must not compile. */
#define X(id, number, name, data, ...)                              \
	_Static_assert((number) > 0 && (number) < RRLOG_TYPE_LIMIT, \
		       name ": number out of range");               \
	_Static_assert(COUNT_OF(__VA_ARGS__) <= RRLOG_MAX_FIELDS,   \
		       name ": too many fields");
RRLOG_RECORDS(X)
#undef X

const struct rrlog_type_info *rrlog_type_info(unsigned int type)
{
	return rrlog_find_type(type);
}
