/*
 * Writing blobs.  A unit that "blobs" already holds is not written again.  The
 * table of units grows up to a limit; then a new unit replaces the oldest one
 * of its set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/blobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/logfmt/base/hash.h"
#include "common/logfmt/base/varint.h"

#define MIN_SETS (1u << 7)
#define MAX_SETS (1u << 15)
#define WAYS \
	8 /* 32768 sets of 8 units of 4 KiB: the last 1 GiB is remembered */

int rrlog_blob_writer_init(struct rrlog_blob_writer *bw)
{
	if (getrandom(&bw->seed, sizeof(bw->seed), 0) != sizeof(bw->seed))
		return -EIO;
	bw->set_count = MIN_SETS;
	bw->slots = calloc(bw->set_count * WAYS, sizeof(*bw->slots));
	return bw->slots ? 0 : -ENOMEM;
}

void rrlog_blob_writer_free(struct rrlog_blob_writer *bw)
{
	free(bw->slots);
	bw->slots = NULL;
}

/*
 * Double the number of sets; the units of each old set are divided between
 * two.  Allocating the final 6 MiB at the start would cost a page fault for
 * each of the first 1536 units.
 */
static void grow_table(struct rrlog_blob_writer *bw)
{
	size_t count = bw->set_count * WAYS, i;
	struct rrlog_blob_slot *old = bw->slots;
	struct rrlog_blob_slot *slots = calloc(2 * count, sizeof(*slots));

	if (!slots)
		return; /* units are only forgotten sooner */
	for (i = 0; i < count; i++) {
		size_t upper = old[i].key[0] & bw->set_count ? count : 0;

		slots[upper + i] = old[i];
	}
	free(old);
	bw->slots = slots;
	bw->set_count *= 2;
}

/* The slot of the unit; .position is 0 if the unit is new. */
static struct rrlog_blob_slot *find_slot(struct rrlog_blob_writer *bw,
					 const void *unit, size_t bytes)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(unit, bytes, bw->seed);
	struct rrlog_blob_slot *set, *oldest;
	unsigned int i;

	/* With 2 units a set on average, one set in 4000 is full. */
	if (bw->unit_count >= 2 * bw->set_count && bw->set_count < MAX_SETS)
		grow_table(bw);
	set = bw->slots + (hash.low64 & (bw->set_count - 1)) * WAYS;
	oldest = set;

	for (i = 0; i < WAYS; i++) {
		if (set[i].position && set[i].key[0] == hash.low64 &&
		    set[i].key[1] == hash.high64)
			return &set[i];
		if (set[i].position < oldest->position)
			oldest = &set[i];
	}
	oldest->key[0] = hash.low64;
	oldest->key[1] = hash.high64;
	oldest->position = 0;
	bw->unit_count++;
	return oldest;
}

static void put_range(struct rrlog_blob_writer *bw,
		      const struct rrlog_range *range)
{
	uint8_t *out = bw->list + bw->list_bytes;

	if (!range->bytes)
		return;
	out = rrlog_put_varint(out,
			       rrlog_zigzag(range->position - bw->expected));
	out = rrlog_put_varint(out, range->bytes);
	bw->list_bytes = (size_t)(out - bw->list);
	bw->expected = range->position + range->bytes;
}

int rrlog_blob_put(struct rrlog_blob_writer *bw, const void *data, size_t bytes,
		   struct rrlog_buffer *fresh)
{
	const uint8_t *in = data;
	struct rrlog_range range = { 0 };
	int err = rrlog_buffer_reserve(fresh, bytes);

	if (err)
		return err;
	bw->list_bytes = (size_t)(rrlog_put_varint(bw->list, bytes) - bw->list);
	while (bytes) {
		size_t unit = bytes < RRLOG_BLOB_UNIT_BYTES ?
				      bytes :
				      RRLOG_BLOB_UNIT_BYTES;
		struct rrlog_blob_slot *slot = find_slot(bw, in, unit);
		uint64_t position = slot->position - 1;

		if (!slot->position) {
			position = bw->position;
			slot->position = position + 1;
			memcpy(fresh->bytes + fresh->used_bytes, in, unit);
			fresh->used_bytes += unit;
			bw->position += unit;
		}
		if (position != range.position + range.bytes || !range.bytes) {
			put_range(bw, &range);
			range = (struct rrlog_range){ .position = position };
		}
		range.bytes += unit;
		in += unit;
		bytes -= unit;
	}
	put_range(bw, &range);
	return 0;
}
