/*
 * Finding frames.  The table and the index are never believed: the header that
 * they lead to is read and compared, and from there headers are read on.  A
 * table that leads astray is thrown away, and made again by reading headers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/index.h"

#include <stdlib.h>
#include <string.h>

#include "common/logfmt/file/compress.h"

/* ---- the file ---- */

static bool follows(const struct rrlog_frame_table *t,
		    const struct rrlog_frame_place *place, uint64_t file_bytes)
{
	const struct rrlog_frame_place *last;

	if (place->offset < RRLOG_FRAMES_OFFSET || place->offset >= file_bytes)
		return false;
	if (!t->count)
		return true;
	last = &t->places[t->count - 1];
	return place->offset > last->offset &&
	       place->first_item >= last->first_item &&
	       place->first_branches >= last->first_branches &&
	       place->time_ns >= last->time_ns;
}

static bool take_places(const struct rrlog_frame_reader *index,
			struct rrlog_frame_reader *fr)
{
	struct rrlog_frame_place place;
	size_t at;

	for (at = 0; at + sizeof(place) <= index->raw.used_bytes;
	     at += sizeof(place)) {
		memcpy(&place, index->raw.bytes + at, sizeof(place));
		rrlog_place_swap(&place);
		if (!follows(&fr->table, &place, fr->member.bytes))
			return false;
		rrlog_table_note(&fr->table, &place);
	}
	return true;
}

void rrlog_index_load(const struct rrlog_store *store,
		      struct rrlog_frame_reader *events,
		      struct rrlog_frame_reader *blobs)
{
	struct rrlog_error *error = calloc(1, sizeof(*error));
	struct rrlog_frame_reader *index = calloc(1, sizeof(*index));
	bool good = error && index;

	if (!good)
		goto out;
	index->member = RRLOG_NO_MEMBER;
	good = !rrlog_frame_reader_open(index, store, RRLOG_FILE_INDEX,
					RRLOG_MAGIC_INDEX, error) &&
	       index->salt == events->salt;
	while (good && rrlog_frame_next_header(index) > 0) {
		/* Stored as it is, so that memory is bounded by the file. */
		if (index->header.codec != RRLOG_CODEC_NONE ||
		    rrlog_frame_load(index))
			break;
		if (index->header.kind == RRLOG_FRAME_EVENT_PLACES)
			good = take_places(index, events);
		else if (index->header.kind == RRLOG_FRAME_BLOB_PLACES && blobs)
			good = take_places(index, blobs);
	}
	rrlog_frame_reader_close(index);
out:
	free(index);
	free(error);
}

/* ---- seeking ---- */

/* The place of the header that was just read. */
static struct rrlog_frame_place this_place(const struct rrlog_frame_reader *fr)
{
	return (struct rrlog_frame_place){
		.offset = fr->frame_offset,
		.first_item = fr->header.first_item,
		.first_branches = fr->header.first_branches,
		.time_ns = fr->header.time_ns,
		.chain = fr->header.chain,
	};
}

static void stand_before(struct rrlog_frame_reader *fr,
			 const struct rrlog_frame_place *place)
{
	fr->offset = fr->frame_offset = place->offset;
	fr->chain = place->chain;
	fr->next_item = place->first_item;
	fr->last_branches = place->first_branches;
	fr->last_time_ns = place->time_ns;
	fr->torn_bytes = 0;
}

/* Read the header there; false if the place is wrong. */
static bool try_place(struct rrlog_frame_reader *fr,
		      const struct rrlog_frame_place *place)
{
	struct rrlog_frame_place found;
	int ret;

	stand_before(fr, place);
	ret = rrlog_frame_next_header(fr);
	if (ret < 0)
		fr->error->text[0] = 0; /* no damage yet: the place is wrong */
	if (ret <= 0)
		return false;
	found = this_place(fr);
	return !memcmp(&found, place, sizeof(found));
}

int rrlog_frame_seek(struct rrlog_frame_reader *fr, enum rrlog_seek_key key,
		     uint64_t target)
{
	const struct rrlog_frame_place *known;
	struct rrlog_frame_place best, next;
	int ret;

	known = rrlog_table_find(&fr->table, key, target);
	if (!known || !try_place(fr, known)) {
		if (known)
			rrlog_table_free(&fr->table);
		rrlog_frame_reader_rewind(fr);
		ret = rrlog_frame_next_header(fr);
		if (ret <= 0)
			return ret;
	}
	next = this_place(fr);
	do {
		best = next;
		ret = rrlog_frame_next_header(fr);
		next = this_place(fr);
	} while (ret > 0 && rrlog_place_key(&next, key) <= target);
	/* Damage further on is met by whoever reads on to there. */
	if (ret < 0)
		fr->error->text[0] = 0;
	stand_before(fr, &best);
	return 1;
}
