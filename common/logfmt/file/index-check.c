/*
 * The file "index" against the frames; see index-check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/index-check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/logfmt/file/index-writer.h"
#include "common/logfmt/file/index.h"

/* All readers of a trace; the error of the last two is not of the index. */
struct index_check {
	struct rrlog_frame_reader index, events, blobs;
	struct rrlog_error error;
};

static struct index_check *index_check_new(void)
{
	struct index_check *w = calloc(1, sizeof(*w));

	if (w)
		w->index.member = w->events.member = w->blobs.member =
			RRLOG_NO_MEMBER;
	return w;
}

static void index_check_free(struct index_check *w)
{
	rrlog_frame_reader_close(&w->index);
	rrlog_frame_reader_close(&w->events);
	rrlog_frame_reader_close(&w->blobs);
	free(w);
}

static int open_frames(struct index_check *w, const struct rrlog_store *store)
{
	int err = rrlog_frame_reader_open(&w->events, store, RRLOG_FILE_EVENTS,
					  RRLOG_MAGIC_EVENTS, &w->error);

	if (err)
		return err;
	return rrlog_frame_reader_open(&w->blobs, store, RRLOG_FILE_BLOBS,
				       RRLOG_MAGIC_BLOBS, &w->error);
}

/* 1 and the ref of the next frame; 0 at the end; negative on damage. */
static int next_ref(struct rrlog_frame_reader *fr, struct rrlog_frame_ref *ref)
{
	int ret = rrlog_frame_next_header(fr);

	if (ret > 0)
		*ref = rrlog_frame_reader_ref(fr);
	return ret;
}

/* ---- checking ---- */

/* The refs in the current frame of the index are the next frames of @fr. */
static int compare_refs(struct index_check *w, struct rrlog_frame_reader *fr)
{
	const struct rrlog_frame_reader *index = &w->index;
	struct rrlog_frame_ref there, found;
	size_t at;

	if (index->raw.used_bytes !=
	    (uint64_t)index->header.item_count * sizeof(there))
		return rrlog_frame_fail(&w->index, -EBADMSG,
					"not a frame of frame refs");
	for (at = 0; at < index->raw.used_bytes; at += sizeof(there)) {
		memcpy(&there, index->raw.bytes + at, sizeof(there));
		rrlog_frame_ref_swap(&there);
		if (next_ref(fr, &found) <= 0 ||
		    memcmp(&there, &found, sizeof(found)))
			return rrlog_frame_fail(&w->index, -EBADMSG,
						"a frame ref is wrong");
	}
	return 0;
}

static int check_index_frame(struct index_check *w)
{
	int err = rrlog_frame_load(&w->index);

	if (err)
		return err;
	if (w->index.header.codec != RRLOG_CODEC_NONE)
		return rrlog_frame_fail(&w->index, -EBADMSG,
					"a compressed frame");
	switch (w->index.header.kind) {
	case RRLOG_FRAME_EVENT_INDEX:
		return compare_refs(w, &w->events);
	case RRLOG_FRAME_BLOB_INDEX:
		return compare_refs(w, &w->blobs);
	default:
		return rrlog_frame_fail(&w->index, -EBADMSG,
					"a frame of another kind");
	}
}

/* All frames have had their refs, unless the recorder was killed. */
static int check_coverage(struct index_check *w)
{
	struct rrlog_frame_ref ref;

	if (!rrlog_frame_reader_is_complete(&w->events))
		return 0;
	if (next_ref(&w->events, &ref) <= 0 && next_ref(&w->blobs, &ref) <= 0 &&
	    !w->index.torn_bytes && rrlog_frame_reader_is_complete(&w->index))
		return 0;
	return rrlog_frame_fail(&w->index, -EBADMSG,
				"the index ends before the frames do");
}

static int check(struct index_check *w, const struct rrlog_store *store,
		 struct rrlog_error *error)
{
	int err = rrlog_frame_reader_open(&w->index, store, RRLOG_FILE_INDEX,
					  RRLOG_MAGIC_INDEX, error);

	if (err || open_frames(w, store))
		return err;
	if (w->index.salt != w->events.salt)
		return rrlog_fail(error, -EBADMSG, "%s: of another trace",
				  w->index.name);
	while ((err = rrlog_frame_next_header(&w->index)) > 0) {
		err = check_index_frame(w);
		if (err)
			return err;
	}
	return err ? err : check_coverage(w);
}

int rrlog_index_check(const struct rrlog_store *store,
		      struct rrlog_error *error)
{
	struct index_check *w = index_check_new();
	int err;

	if (!w)
		return rrlog_fail(error, -ENOMEM, "out of memory");
	err = check(w, store, error);
	index_check_free(w);
	return err;
}

/* ---- making it anew ---- */

static int walk_all(struct rrlog_frame_reader *fr,
		    struct rrlog_index_writer *iw, enum rrlog_frame_kind kind)
{
	struct rrlog_frame_ref ref;
	int ret;

	rrlog_frame_reader_rewind(fr);
	while ((ret = next_ref(fr, &ref)) > 0)
		if (iw)
			rrlog_index_note(iw, kind, &ref);
	return ret;
}

static int write_index(struct index_check *w, const struct rrlog_store *store)
{
	struct rrlog_index_writer *iw = calloc(1, sizeof(*iw));
	int err;

	if (!iw)
		return -ENOMEM;
	iw->frames.fd = -1;
	if (unlinkat(store->dir_fd, RRLOG_FILE_INDEX, 0) && errno != ENOENT)
		err = -errno;
	else
		err = rrlog_index_writer_create(
			iw, store->dir_fd, w->events.start.header.trace_id);
	if (!err) {
		walk_all(&w->events, iw, RRLOG_FRAME_EVENT_INDEX);
		walk_all(&w->blobs, iw, RRLOG_FRAME_BLOB_INDEX);
	}
	rrlog_index_writer_close(
		iw, !err && rrlog_frame_reader_is_complete(&w->events));
	free(iw);
	return err;
}

/* Both files are read to their ends before the old index goes. */
static int rebuild(struct index_check *w, const struct rrlog_store *store)
{
	int err = open_frames(w, store);

	if (!err)
		err = walk_all(&w->events, NULL, RRLOG_FRAME_EVENT_INDEX);
	if (!err)
		err = walk_all(&w->blobs, NULL, RRLOG_FRAME_BLOB_INDEX);
	if (err)
		return err;
	err = write_index(w, store);
	if (err)
		rrlog_fail(&w->error, err, "%s/index: %s", store->path,
			   strerror(-err));
	return err;
}

int rrlog_index_rebuild(const struct rrlog_store *store,
			struct rrlog_error *error)
{
	struct index_check *w;
	int err;

	if (store->dir_fd < 0)
		return rrlog_fail(
			error, -EROFS,
			"%s: a packed trace is not changed: unpack it",
			store->path);
	w = index_check_new();
	if (!w)
		return rrlog_fail(error, -ENOMEM, "out of memory");
	err = rebuild(w, store);
	if (err)
		rrlog_fail(error, err, "%s", w->error.text);
	index_check_free(w);
	return err;
}
