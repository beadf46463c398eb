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

uint64_t rrlog_place_key(const struct rrlog_frame_place *place,
			 enum rrlog_seek_key key)
{
	switch (key) {
	case RRLOG_SEEK_BRANCHES:
		return place->first_branches;
	case RRLOG_SEEK_TIME_NS:
		return place->time_ns;
	default:
		return place->first_item;
	}
}

void rrlog_place_swap(struct rrlog_frame_place *place)
{
	place->offset = htole64(place->offset);
	place->first_item = htole64(place->first_item);
	place->first_branches = htole64(place->first_branches);
	place->time_ns = htole64(place->time_ns);
	place->chain = htole32(place->chain);
}

/* Full: every second place stays. */
static void thin_out(struct rrlog_frame_table *t)
{
	size_t i;

	for (i = 0; i < t->count / 2; i++)
		t->places[i] = t->places[2 * i];
	t->gap_bytes = 2 * (t->places[t->count - 1].offset / t->count);
	t->count /= 2;
}

static bool make_room(struct rrlog_frame_table *t)
{
	size_t capacity = t->capacity ? 2 * t->capacity : 64;
	struct rrlog_frame_place *places;

	if (t->count == RRLOG_TABLE_MAX_PLACES)
		thin_out(t);
	if (t->count < t->capacity)
		return true;
	places = realloc(t->places, capacity * sizeof(*places));
	if (!places)
		return false;
	t->places = places;
	t->capacity = capacity;
	return true;
}

void rrlog_table_note(struct rrlog_frame_table *t,
		      const struct rrlog_frame_place *place)
{
	if (t->count &&
	    place->offset <= t->places[t->count - 1].offset + t->gap_bytes)
		return;
	if (make_room(t))
		t->places[t->count++] = *place;
}

const struct rrlog_frame_place *
rrlog_table_find(const struct rrlog_frame_table *t, enum rrlog_seek_key key,
		 uint64_t target)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rrlog_place_key(&t->places[middle], key) <= target)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &t->places[low - 1] : NULL;
}

void rrlog_table_free(struct rrlog_frame_table *t)
{
	free(t->places);
	memset(t, 0, sizeof(*t));
}
