/*
 * Finding frames.  Neither the table nor the file "index" is trusted: the
 * header that a ref leads to is read and compared, and from there headers are
 * read on.  A table with a wrong ref is dropped; reading headers makes a new
 * one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/index.h"

#include <stdlib.h>
#include <string.h>

#include "common/logfmt/file/compress.h"

/* ---- the file ---- */

/* @ref can be the next one in @t. */
static bool is_next_ref(const struct rrlog_frame_table *t,
			const struct rrlog_frame_ref *ref, uint64_t file_bytes)
{
	const struct rrlog_frame_ref *last;

	if (ref->offset < RRLOG_FRAMES_OFFSET || ref->offset >= file_bytes)
		return false;
	if (!t->count)
		return true;
	last = &t->refs[t->count - 1];
	return ref->offset > last->offset &&
	       ref->first_ordinal >= last->first_ordinal &&
	       ref->first_branches >= last->first_branches &&
	       ref->time_ns >= last->time_ns;
}

/* Add the refs in the current frame of @index; false if one is impossible. */
static bool load_refs(const struct rrlog_frame_reader *index,
		      struct rrlog_frame_reader *fr)
{
	struct rrlog_frame_ref ref;
	size_t at;

	for (at = 0; at + sizeof(ref) <= index->raw.used_bytes;
	     at += sizeof(ref)) {
		memcpy(&ref, index->raw.bytes + at, sizeof(ref));
		rrlog_frame_ref_swap(&ref);
		if (!is_next_ref(&fr->table, &ref, fr->member.bytes))
			return false;
		rrlog_table_note(&fr->table, &ref);
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
		/* Not compressed, so that memory is bounded by the file. */
		if (index->header.codec != RRLOG_CODEC_NONE ||
		    rrlog_frame_load(index))
			break;
		if (index->header.kind == RRLOG_FRAME_EVENT_INDEX)
			good = load_refs(index, events);
		else if (index->header.kind == RRLOG_FRAME_BLOB_INDEX && blobs)
			good = load_refs(index, blobs);
	}
	rrlog_frame_reader_close(index);
out:
	free(index);
	free(error);
}

/* ---- seeking ---- */

struct rrlog_frame_ref
rrlog_frame_reader_ref(const struct rrlog_frame_reader *fr)
{
	return (struct rrlog_frame_ref){
		.offset = fr->frame_offset,
		.first_ordinal = fr->header.first_ordinal,
		.first_branches = fr->header.first_branches,
		.time_ns = fr->header.time_ns,
		.chain = fr->header.chain,
	};
}

void rrlog_frame_move(struct rrlog_frame_reader *fr,
		      const struct rrlog_frame_ref *ref)
{
	fr->offset = fr->frame_offset = ref->offset;
	fr->chain = ref->chain;
	fr->next_ordinal = ref->first_ordinal;
	fr->last_branches = ref->first_branches;
	fr->last_time_ns = ref->time_ns;
	fr->torn_bytes = 0;
}

/* Read the header that @ref leads to; false if it is not the one described. */
static bool try_ref(struct rrlog_frame_reader *fr,
		    const struct rrlog_frame_ref *ref)
{
	struct rrlog_frame_ref found;
	int ret;

	rrlog_frame_move(fr, ref);
	ret = rrlog_frame_next_header(fr);
	if (ret < 0)
		fr->error->text[0] = 0; /* the ref is wrong, not the file */
	if (ret <= 0)
		return false;
	found = rrlog_frame_reader_ref(fr);
	return !memcmp(&found, ref, sizeof(found));
}

int rrlog_frame_seek(struct rrlog_frame_reader *fr, enum rrlog_seek_key key,
		     uint64_t target)
{
	const struct rrlog_frame_ref *known;
	struct rrlog_frame_ref best, next;
	int ret;

	known = rrlog_table_find(&fr->table, key, target);
	if (!known || !try_ref(fr, known)) {
		if (known)
			rrlog_table_free(&fr->table);
		rrlog_frame_reader_rewind(fr);
		ret = rrlog_frame_next_header(fr);
		if (ret <= 0)
			return ret;
	}
	next = rrlog_frame_reader_ref(fr);
	do {
		best = next;
		ret = rrlog_frame_next_header(fr);
		next = rrlog_frame_reader_ref(fr);
	} while (ret > 0 && rrlog_frame_ref_key(&next, key) <= target);
	/* Damage further on is reported when the reader gets there. */
	if (ret < 0)
		fr->error->text[0] = 0;
	rrlog_frame_move(fr, &best);
	return 1;
}
