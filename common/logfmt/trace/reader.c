/*
 * Opening a trace, its manifest, and the loop over its records.  Seeking is in
 * cursor.c, what concerns data outside of records in fetch.c, and the check of
 * their meaning in reader-check.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/data/pages.h"
#include "common/logfmt/trace/cursor-internal.h"
#include "common/logfmt/trace/fetch-internal.h"
#include "common/logfmt/trace/reader-check-internal.h"

/* ---- opening ---- */

/* -ENOENT, without a text: there is no such file. */
static int load_manifest(struct rrlog_reader *r, const char *file_name,
			 const char *name, char **text, size_t *bytes)
{
	struct rrlog_member file;
	int err = rrlog_store_find(&r->store, file_name, &file);

	if (err == -ENOENT)
		return err;
	if (err)
		return rrlog_fail(&r->error, err, "%s: %s", name,
				  rrlog_store_why(err));
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
	int err = load_manifest(r, RRLOG_FILE_MANIFEST, name, &text, &bytes);

	if (err == -ENOENT)
		err = rrlog_fail(&r->error, -EBADMSG,
				 "%s: offset 0: the file is missing", name);
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

/* It is missing in old traces, and where the recording was cut off. */
static int read_end(struct rrlog_reader *r)
{
	char *name = g_strdup_printf("%s/%s", r->store.path,
				     RRLOG_FILE_MANIFEST_END);
	char *text = NULL;
	size_t bytes = 0;
	int err =
		load_manifest(r, RRLOG_FILE_MANIFEST_END, name, &text, &bytes);

	if (err)
		goto out;
	err = rrlog_manifest_parse_end(&r->at_end, text, bytes, name,
				       &r->error);
	if (!err && memcmp(r->at_end.trace_id, r->manifest.trace_id,
			   sizeof(r->at_end.trace_id)))
		err = rrlog_fail(&r->error, -EBADMSG,
				 "%s: offset 0: not of this trace", name);
	free(text);
out:
	g_free(name);
	return err == -ENOENT ? 0 : err;
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
	r->fetch = RRLOG_FETCH_BLOBS | RRLOG_FETCH_IMAGES;
	rrlog_manifest_init(&r->manifest);
	rrlog_manifest_init(&r->at_end);
	err = rrlog_store_open(&r->store, path, &r->error);
	if (!err)
		err = rrlog_frame_reader_open(&r->events, &r->store,
					      RRLOG_FILE_EVENTS,
					      RRLOG_MAGIC_EVENTS, &r->error);
	if (!err)
		err = read_manifest(r);
	if (!err)
		err = read_end(r);
	if (!err)
		err = open_blobs(r);
	if (!err)
		rrlog_cursor_note_sizes(r);
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
	rrlog_manifest_free(&r->at_end);
	rrlog_store_close(&r->store);
	rrlog_check_free(r->check);
	free(r);
}

const char *rrlog_reader_error(const struct rrlog_reader *r)
{
	return r->error.text;
}

/* ---- manifest and pages ---- */

bool rrlog_reader_has_tlb_flushes(const struct rrlog_reader *r)
{
	return r->events.start.header.must_features & RRLOG_MUST_TLB_FLUSHES;
}

bool rrlog_reader_has_pte_bits(const struct rrlog_reader *r)
{
	return r->events.start.header.must_features & RRLOG_MUST_PTE_BITS;
}

bool rrlog_reader_has_late_start(const struct rrlog_reader *r)
{
	return r->events.start.header.must_features & RRLOG_MUST_LATE_START;
}

bool rrlog_reader_has_words(const struct rrlog_reader *r)
{
	return r->events.start.header.must_features & RRLOG_MUST_WORDS;
}

const char *rrlog_reader_manifest(const struct rrlog_reader *r, const char *key)
{
	return g_hash_table_lookup(r->manifest.values, key);
}

const char *rrlog_reader_end(const struct rrlog_reader *r, const char *key)
{
	return g_hash_table_lookup(r->at_end.values, key);
}

size_t rrlog_reader_end_count(const struct rrlog_reader *r)
{
	return r->at_end.keys->len;
}

const char *rrlog_reader_end_key(const struct rrlog_reader *r, size_t i)
{
	return i < r->at_end.keys->len ?
		       g_ptr_array_index(r->at_end.keys, (guint)i) :
		       NULL;
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

/* The next record, fetched and checked; -EAGAIN if it was skipped. */
static int next_record(struct rrlog_reader *r, struct rrlog_record *rec)
{
	int ret = rrlog_cursor_next(r, rec);
	bool by_reference;

	if (ret <= 0)
		return ret ? ret : rrlog_reader_check_end(r);
	/* Fetching makes a dma of a dma-image. */
	by_reference = rec->type == RRLOG_IMAGE || rec->type == RRLOG_DMA_IMAGE;
	if (by_reference && rrlog_reader_check_record(r, rec))
		return -EBADMSG;
	if (rrlog_needs_fetch(rec))
		ret = rrlog_fetch(r, rec);
	if (ret > 0 && !by_reference && rrlog_reader_check_record(r, rec))
		return -EBADMSG;
	return ret;
}

int rrlog_reader_next(struct rrlog_reader *r, struct rrlog_record *rec)
{
	int ret;

	if (r->failed)
		return r->failed;
	do {
		ret = next_record(r, rec);
	} while (ret == -EAGAIN);
	if (ret < 0)
		r->failed = ret;
	return ret;
}

void rrlog_reader_open_images(struct rrlog_reader *r)
{
	const unsigned int fetch = r->fetch;
	struct rrlog_record rec;

	if (r->failed)
		return;
	r->fetch = 0;
	while (rrlog_reader_next(r, &rec) > 0)
		continue;
	r->fetch = fetch;
	rrlog_images_open(&r->images, &r->store);
	/* Damage shows again when it is reached. */
	r->failed = 0;
	r->error.text[0] = 0;
	rrlog_reader_rewind(r);
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
