/*
 * A table of where the frames of a file begin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/table.h"

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

uint64_t rrlog_frame_ref_key(const struct rrlog_frame_ref *ref,
			     enum rrlog_seek_key key)
{
	switch (key) {
	case RRLOG_SEEK_BRANCHES:
		return ref->first_branches;
	case RRLOG_SEEK_TIME_NS:
		return ref->time_ns;
	default:
		return ref->first_ordinal;
	}
}

void rrlog_frame_ref_swap(struct rrlog_frame_ref *ref)
{
	ref->offset = htole64(ref->offset);
	ref->first_ordinal = htole64(ref->first_ordinal);
	ref->first_branches = htole64(ref->first_branches);
	ref->time_ns = htole64(ref->time_ns);
	ref->chain = htole32(ref->chain);
}

/* The table is full: keep every second ref. */
static void thin_out(struct rrlog_frame_table *t)
{
	size_t i;

	for (i = 0; i < t->count / 2; i++)
		t->refs[i] = t->refs[2 * i];
	t->gap_bytes = 2 * (t->refs[t->count - 1].offset / t->count);
	t->count /= 2;
}

static bool make_room(struct rrlog_frame_table *t)
{
	size_t capacity = t->capacity ? 2 * t->capacity : 64;
	struct rrlog_frame_ref *refs;

	if (t->count == RRLOG_TABLE_MAX_REFS)
		thin_out(t);
	if (t->count < t->capacity)
		return true;
	refs = realloc(t->refs, capacity * sizeof(*refs));
	if (!refs)
		return false;
	t->refs = refs;
	t->capacity = capacity;
	return true;
}

void rrlog_table_note(struct rrlog_frame_table *t,
		      const struct rrlog_frame_ref *ref)
{
	if (t->count &&
	    ref->offset <= t->refs[t->count - 1].offset + t->gap_bytes)
		return;
	if (make_room(t))
		t->refs[t->count++] = *ref;
}

const struct rrlog_frame_ref *
rrlog_table_find(const struct rrlog_frame_table *t, enum rrlog_seek_key key,
		 uint64_t target)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rrlog_frame_ref_key(&t->refs[middle], key) <= target)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &t->refs[low - 1] : NULL;
}

void rrlog_table_free(struct rrlog_frame_table *t)
{
	free(t->refs);
	memset(t, 0, sizeof(*t));
}
