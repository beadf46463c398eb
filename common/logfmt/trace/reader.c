/*
 * Reading a trace: the functions of rrlog.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/data/pages.h"
#include "common/logfmt/trace/reader-internal.h"
#include "common/logfmt/data/record-decode.h"

/* ---- opening ---- */

static int load_manifest(struct rrlog_reader *r, const char *name, char **text,
			 size_t *bytes)
{
	struct rrlog_member file;
	int err = rrlog_store_find(&r->store, RRLOG_FILE_MANIFEST, &file);

	if (err == -ENOENT)
		return rrlog_fail(&r->error, -EBADMSG,
				  "%s: offset 0: the file is missing", name);
	if (err)
		return rrlog_fail(&r->error, err, "%s: %s", name,
				  strerror(-err));
	*text = NULL;
	err = -EBADMSG;
	if (!file.bytes || file.bytes > RRLOG_MANIFEST_MAX_BYTES)
		goto out;
	err = -ENOMEM;
	*text = malloc((size_t)file.bytes);
	if (!*text)
		goto out;
	*bytes = (size_t)file.bytes;
	err = rrlog_member_read(&file, *text, *bytes, 0);
out:
	rrlog_member_close(&file);
	if (!err)
		return 0;
	free(*text);
	return rrlog_fail(&r->error, err, "%s: offset 0: %s", name,
			  err == -EBADMSG ? "impossible size" : strerror(-err));
}

static int read_manifest(struct rrlog_reader *r)
{
	const struct rrlog_file_header *h = &r->events.start.header;
	char *name =
		g_strdup_printf("%s/%s", r->store.path, RRLOG_FILE_MANIFEST);
	char *text = NULL;
	size_t bytes = 0;
	int err = load_manifest(r, name, &text, &bytes);

	if (err)
		goto out;
	err = -EBADMSG;
	if (rrlog_checksum(text, bytes) != h->manifest_checksum) {
		rrlog_fail(&r->error, err, "%s: offset 0: wrong checksum",
			   name);
		goto free_text;
	}
	err = rrlog_manifest_parse(&r->manifest, text, bytes, name, &r->error);
	if (err)
		goto free_text;
	if (memcmp(h->trace_id, r->manifest.trace_id, sizeof(h->trace_id)))
		err = rrlog_fail(&r->error, -EBADMSG,
				 "%s: offset 0: not of this trace", name);
free_text:
	free(text);
out:
	g_free(name);
	return err;
}

static void note_sizes(struct rrlog_reader *r)
{
	r->position.pages_file_bytes = r->manifest.pages_bytes;
	r->position.file_bytes = r->events.member.bytes;
	r->position.blobs_file_bytes = r->blobs.frames.member.bytes;
	r->position.total_records = r->events.start.state.total_items;
}

static int open_blobs(struct rrlog_reader *r)
{
	struct rrlog_frame_reader *fr = &r->blobs.frames;
	int err = rrlog_frame_reader_open(fr, &r->store, RRLOG_FILE_BLOBS,
					  RRLOG_MAGIC_BLOBS, &r->error);

	if (err)
		return err;
	if (memcmp(fr->start.header.trace_id, r->manifest.trace_id,
		   sizeof(r->manifest.trace_id)))
		return rrlog_fail(&r->error, -EBADMSG,
				  "%s: offset 0: not of this trace", fr->name);
	return 0;
}

int rrlog_reader_open(const char *path, struct rrlog_reader **reader)
{
	struct rrlog_reader *r = calloc(1, sizeof(*r));
	int err;

	*reader = r;
	if (!r)
		return -ENOMEM;
	r->events.member = r->blobs.frames.member = RRLOG_NO_MEMBER;
	r->events.keep_table = r->blobs.frames.keep_table = true;
	r->resolve = RRLOG_RESOLVE_BLOBS | RRLOG_RESOLVE_IMAGES;
	rrlog_manifest_init(&r->manifest);
	err = rrlog_store_open(&r->store, path, &r->error);
	if (!err)
		err = rrlog_frame_reader_open(&r->events, &r->store,
					      RRLOG_FILE_EVENTS,
					      RRLOG_MAGIC_EVENTS, &r->error);
	if (!err)
		err = read_manifest(r);
	if (!err)
		err = open_blobs(r);
	if (!err)
		note_sizes(r);
	r->failed = err;
	return err;
}

void rrlog_reader_close(struct rrlog_reader *r)
{
	if (!r)
		return;
	rrlog_frame_reader_close(&r->events);
	rrlog_blob_reader_close(&r->blobs);
	rrlog_images_free(&r->images);
	rrlog_buffer_free(&r->data);
	rrlog_manifest_free(&r->manifest);
	rrlog_store_close(&r->store);
	free(r);
}

const char *rrlog_reader_error(const struct rrlog_reader *r)
{
	return r->error.text;
}

/* ---- manifest and pages ---- */

const char *rrlog_reader_manifest(const struct rrlog_reader *r, const char *key)
{
	return g_hash_table_lookup(r->manifest.values, key);
}

int rrlog_reader_manifest_u64(const struct rrlog_reader *r, const char *key,
			      uint64_t *value)
{
	const char *text = rrlog_reader_manifest(r, key);
	guint64 number;

	if (!text)
		return -ENOENT;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number,
					NULL))
		return -EINVAL;
	*value = number;
	return 0;
}

int rrlog_reader_manifest_bytes(const struct rrlog_reader *r, const char *key,
				void **data, size_t *bytes)
{
	const char *text = rrlog_reader_manifest(r, key);
	guchar *decoded;
	gsize length;

	*data = NULL;
	if (!text)
		return -ENOENT;
	decoded = g_base64_decode(text, &length);
	/* malloc()ed, as the caller expects; one byte where there is none. */
	*data = malloc(length + 1);
	if (*data)
		memcpy(*data, decoded, length);
	g_free(decoded);
	*bytes = length;
	return *data ? 0 : -ENOMEM;
}

size_t rrlog_reader_manifest_count(const struct rrlog_reader *r)
{
	return r->manifest.keys->len;
}

const char *rrlog_reader_manifest_key(const struct rrlog_reader *r, size_t i)
{
	return i < r->manifest.keys->len ?
		       g_ptr_array_index(r->manifest.keys, (guint)i) :
		       NULL;
}

size_t rrlog_reader_block_count(const struct rrlog_reader *r)
{
	return r->manifest.block_count;
}

const struct rrlog_block *rrlog_reader_block(const struct rrlog_reader *r,
					     size_t i)
{
	return i < r->manifest.block_count ? &r->manifest.blocks[i] : NULL;
}

int rrlog_reader_for_each_page(struct rrlog_reader *r, rrlog_page_fn *fn,
			       void *opaque)
{
	if (r->failed)
		return r->failed;
	return rrlog_pages_read(&r->store, &r->manifest, fn, opaque, &r->error);
}

/* ---- records ---- */

/* Of two tables of the same file the longer one is the better. */
static void keep_longer(struct rrlog_frame_table *a,
			struct rrlog_frame_table *b)
{
	struct rrlog_frame_table *worse = a->count < b->count ? a : b;
	struct rrlog_frame_table kept = worse == a ? *b : *a;

	rrlog_table_free(worse);
	*a = kept;
}

/* The index, and what reading has noted so far. */
static void load_index(struct rrlog_reader *r)
{
	struct rrlog_frame_table events = r->events.table;
	struct rrlog_frame_table blobs = r->blobs.frames.table;

	r->index_loaded = true;
	memset(&r->events.table, 0, sizeof(events));
	memset(&r->blobs.frames.table, 0, sizeof(blobs));
	rrlog_index_load(&r->store, &r->events, &r->blobs.frames);
	keep_longer(&r->events.table, &events);
	keep_longer(&r->blobs.frames.table, &blobs);
}

static int next_frame(struct rrlog_reader *r)
{
	struct rrlog_frame_reader *fr = &r->events;
	int ret;

	do {
		ret = rrlog_frame_next_header(fr);
		if (ret <= 0)
			return ret;
		if (fr->header.kind != RRLOG_FRAME_RECORDS &&
		    fr->header.item_count)
			return rrlog_frame_fail(
				fr, -EBADMSG,
				"records in a frame that is not of records");
	} while (fr->header.kind != RRLOG_FRAME_RECORDS &&
		 (fr->header.flags & RRLOG_FRAME_OPTIONAL));
	if (fr->header.kind != RRLOG_FRAME_RECORDS)
		return rrlog_frame_fail(fr, -EPROTONOSUPPORT,
					"unknown kind of frame");
	if (!fr->header.item_count)
		return rrlog_frame_fail(fr, -EBADMSG, "a frame of no records");
	ret = rrlog_frame_load(fr);
	if (ret)
		return ret;
	rrlog_prediction_reset(&r->prediction);
	r->blob_expected = 0;
	r->in = r->record = fr->raw.bytes;
	r->end = r->in + fr->header.raw_bytes;
	r->frame_left = fr->header.item_count;
	r->frame_end = fr->next_item;
	r->position.frame_count++;
	r->position.frame_offset = fr->frame_offset;
	r->position.frame_time_ns = fr->header.time_ns;
	r->position.raw_bytes += fr->header.raw_bytes;
	r->position.stored_bytes +=
		RRLOG_HEADER_BYTES + fr->header.stored_bytes;
	return 1;
}

static int decode_failed(struct rrlog_reader *r, int err)
{
	return rrlog_frame_fail(
		&r->events, err,
		err == -EPROTONOSUPPORT ?
			"a record that this program is too old for" :
			"impossible record");
}

/* From the next frame; -EAGAIN then, as if the record had been skipped. */
static int no_record_left(struct rrlog_reader *r)
{
	int ret;

	if (r->in != r->end)
		return rrlog_frame_fail(&r->events, -EBADMSG,
					"bytes after the last record");
	ret = next_frame(r);
	return ret > 0 ? -EAGAIN : ret;
}

/* What says or needs more than is in itself. */
static bool needs_resolve(const struct rrlog_record *rec)
{
	return rec->in_blobs || rec->type == RRLOG_IMAGE ||
	       rec->type == RRLOG_DMA_IMAGE;
}

static int skip_record(struct rrlog_reader *r, const uint8_t *begin)
{
	r->frame_left--;
	r->position.skipped_count++;
	r->record = begin;
	return -EAGAIN;
}

/* As rrlog_reader_next_stored(); inlined where there is much to read. */
static inline int next_stored(struct rrlog_reader *r, struct rrlog_record *rec)
{
	const uint8_t *begin = r->in;
	int ret;

	if (!r->frame_left)
		return no_record_left(r);
	ret = rrlog_decode(&r->prediction, &r->in, r->end, rec);
	if (ret < 0)
		return decode_failed(r, ret);
	if (!ret)
		return skip_record(r, begin);
	if (needs_resolve(rec) && rrlog_resolve_note(r, rec))
		return decode_failed(r, -EBADMSG);
	r->frame_left--;
	r->record = begin;
	return 1;
}

int rrlog_reader_next_stored(struct rrlog_reader *r, struct rrlog_record *rec)
{
	return next_stored(r, rec);
}

int rrlog_reader_next(struct rrlog_reader *r, struct rrlog_record *rec)
{
	int ret;

	if (r->failed)
		return r->failed;
	do {
		ret = next_stored(r, rec);
		if (ret > 0 && needs_resolve(rec))
			ret = rrlog_resolve(r, rec);
	} while (ret == -EAGAIN);
	if (ret < 0)
		r->failed = ret;
	return ret;
}

uint64_t rrlog_reader_record_count(const struct rrlog_reader *r)
{
	return r->frame_end - r->frame_left;
}

/* As if all before the frame that is next had been read. */
static void begin_at_frame(struct rrlog_reader *r)
{
	r->in = r->end = r->record = NULL;
	r->frame_left = 0;
	r->frame_end = r->events.next_item;
	r->position = (struct rrlog_reader_position){ .record_count = 0 };
	note_sizes(r);
}

int rrlog_reader_rewind(struct rrlog_reader *r)
{
	if (r->failed)
		return r->failed;
	rrlog_frame_reader_rewind(&r->events);
	begin_at_frame(r);
	return 0;
}

static int seek_frame(struct rrlog_reader *r, enum rrlog_seek_key key,
		      uint64_t target)
{
	int ret;

	if (r->failed)
		return r->failed;
	if (!r->index_loaded)
		load_index(r);
	ret = rrlog_frame_seek(&r->events, key, target);
	if (ret < 0)
		return r->failed = ret;
	begin_at_frame(r);
	return 0;
}

int rrlog_reader_seek_branches(struct rrlog_reader *r, uint64_t branches)
{
	return seek_frame(r, RRLOG_SEEK_BRANCHES, branches);
}

int rrlog_reader_seek_time_ns(struct rrlog_reader *r, uint64_t time_ns)
{
	return seek_frame(r, RRLOG_SEEK_TIME_NS, time_ns);
}

int rrlog_reader_seek_record(struct rrlog_reader *r, uint64_t record)
{
	struct rrlog_record rec;
	int ret = seek_frame(r, RRLOG_SEEK_ITEM, record);

	if (ret)
		return ret;
	while (rrlog_reader_record_count(r) < record) {
		ret = rrlog_reader_next_stored(r, &rec);
		if (!ret)
			return -ERANGE;
		if (ret < 0 && ret != -EAGAIN)
			return r->failed = ret;
	}
	return 0;
}

bool rrlog_reader_is_complete(const struct rrlog_reader *r)
{
	return rrlog_frame_reader_is_complete(&r->events);
}

uint64_t rrlog_reader_torn_bytes(const struct rrlog_reader *r)
{
	return r->events.torn_bytes;
}

void rrlog_reader_position(const struct rrlog_reader *r,
			   struct rrlog_reader_position *position)
{
	*position = r->position;
	position->record_count = rrlog_reader_record_count(r);
	if (r->record) {
		position->record_bytes = (size_t)(r->in - r->record);
		position->landmark_bytes = r->prediction.landmark_bytes;
	}
}
