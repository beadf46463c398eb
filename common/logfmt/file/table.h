/*
 * A table of where the frames of a file begin.  It grows as their headers are
 * read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TABLE_H
#define RRLOG_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * With more frames than this, a table keeps only every second one, and so on.
 */
#define RRLOG_TABLE_MAX_REFS (1u << 20)
/*
 * A reference to a frame: what a reader must know to read on there.  It is in
 * this form, little-endian, in the file "index".
 */
struct rrlog_frame_ref {
	uint64_t offset;
	uint64_t first_ordinal; /* this and the next two as in its header */
	uint64_t first_branches;
	uint64_t time_ns;
	uint32_t chain; /* chain value of the frame before */
	uint32_t reserved_zero;
};

_Static_assert(sizeof(struct rrlog_frame_ref) == 40, "size");

struct rrlog_frame_table {
	struct rrlog_frame_ref *refs; /* sorted by offset */
	size_t count, capacity;
	uint64_t gap_bytes; /* smallest distance of two refs */
};

enum rrlog_seek_key {
	RRLOG_SEEK_ORDINAL,
	RRLOG_SEEK_BRANCHES,
	RRLOG_SEEK_TIME_NS,
};

/** The number that @key orders frames by. */
uint64_t rrlog_frame_ref_key(const struct rrlog_frame_ref *ref,
			     enum rrlog_seek_key key);

/** Add a ref behind all others; if memory is short, it is left out. */
void rrlog_table_note(struct rrlog_frame_table *t,
		      const struct rrlog_frame_ref *ref);
/** The last ref whose key is at most @target, or NULL. */
const struct rrlog_frame_ref *
rrlog_table_find(const struct rrlog_frame_table *t, enum rrlog_seek_key key,
		 uint64_t target);
/** Free what the table holds; it is empty then. */
void rrlog_table_free(struct rrlog_frame_table *t);

/** Convert to the byte order of the file, or from it. */
void rrlog_frame_ref_swap(struct rrlog_frame_ref *ref);

#endif
