/*
 * The table of record types, generated from RRLOG_RECORDS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/record-codec.h"

#define COUNT(field) +1
#define NAME(field) #field,

const struct rrlog_type_info rrlog_types[RRLOG_TYPE_LIMIT] = {
#define X(ID, number, id, type_name, data, field_names)                  \
	[number] = { .type = (enum rrlog_type)(number),                  \
		     .name = type_name,                                  \
		     .has_data = data,                                   \
		     .field_count = sizeof(struct rrlog_##id##_fields) / \
				    sizeof(uint64_t),                    \
		     .fields = { field_names } },
	RRLOG_RECORDS(X, NAME)
#undef X
};

const uint8_t rrlog_layouts[RRLOG_TYPE_LIMIT] = {
#define X(ID, number, id, name, data, count)                            \
	[number] = RRLOG_LAYOUT_TYPE | (data ? RRLOG_LAYOUT_DATA : 0) | \
		   ((1u << (0 count)) - 1),
	RRLOG_RECORDS(X, COUNT)
#undef X
};

/* A type that does not fit the tables or the structs must not compile. */
#define X(ID, number, id, name, data, count)                         \
	_Static_assert((number) > 0 && (number) < RRLOG_TYPE_LIMIT,  \
		       name ": number out of range");                \
	_Static_assert((0 count) <= RRLOG_MAX_FIELDS,                \
		       name ": too many fields");                    \
	_Static_assert(sizeof(struct rrlog_##id##_fields) ==         \
			       (0 count) * sizeof(uint64_t),         \
		       name ": fields are not an array");            \
	_Static_assert(offsetof(struct rrlog_record, id) ==          \
			       offsetof(struct rrlog_record, field), \
		       name ": not where .field is");
RRLOG_RECORDS(X, COUNT)
#undef X

#define X(ID, number, id, name, data, count)                        \
	_Static_assert(!(data) && (0 count) <= RRLOG_RESULT_FIELDS, \
		       name ": not a result");
RRLOG_RESULT_RECORDS(X, COUNT)
#undef X
_Static_assert(sizeof(struct rrlog_result) ==
		       (1 + RRLOG_RESULT_FIELDS) * sizeof(uint64_t),
	       "a result has more than its type and fields");

const struct rrlog_type_info *rrlog_type_info(unsigned int type)
{
	return rrlog_find_type(type);
}
