/*
 * A table of where the frames of a file begin.  It grows as headers are read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TABLE_H
#define RRLOG_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Places in a table; with more frames the table gets coarser. */
#define RRLOG_TABLE_MAX_PLACES (1u << 20)
/* What must be known to read on at a frame; little-endian in the file. */
struct rrlog_frame_place {
	uint64_t offset;
	uint64_t first_item;
	uint64_t first_branches;
	uint64_t time_ns;
	uint32_t chain; /* of the frame before */
	uint32_t reserved_zero;
};

_Static_assert(sizeof(struct rrlog_frame_place) == 40, "size");

struct rrlog_frame_table {
	struct rrlog_frame_place *places; /* by offset */
	size_t count, capacity;
	uint64_t gap_bytes; /* between two places, at least */
};

enum rrlog_seek_key {
	RRLOG_SEEK_ITEM,
	RRLOG_SEEK_BRANCHES,
	RRLOG_SEEK_TIME_NS,
};

uint64_t rrlog_place_key(const struct rrlog_frame_place *place,
			 enum rrlog_seek_key key);

/** Add a place behind all others; without memory the table stays coarser. */
void rrlog_table_note(struct rrlog_frame_table *t,
		      const struct rrlog_frame_place *place);
/** The last place whose key is at most @target, or NULL. */
const struct rrlog_frame_place *
rrlog_table_find(const struct rrlog_frame_table *t, enum rrlog_seek_key key,
		 uint64_t target);
void rrlog_table_free(struct rrlog_frame_table *t);

/** To the file's byte order, or from it. */
void rrlog_place_swap(struct rrlog_frame_place *place);

#endif
