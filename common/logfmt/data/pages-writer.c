/*
 * Writing the memory of the start state.  Pages of zeros are left out, and
 * equal contents are stored once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/base/hash.h"
#include "common/logfmt/base/varint.h"

#define MAX_PAGE_ID_BYTES (3 * RRLOG_VARINT_MAX_BYTES)

static guint key_hash(gconstpointer key)
{
	guint hash;

	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return !memcmp(a, b, sizeof(XXH128_canonical_t));
}

int rrlog_page_writer_create(struct rrlog_page_writer *pw, int dir_fd,
			     enum rrlog_codec codec, const uint8_t *trace_id)
{
	struct rrlog_file_header h = { .magic = RRLOG_MAGIC_PAGES };

	memcpy(h.trace_id, trace_id, sizeof(h.trace_id));
	pw->frames.compressor.codec = codec;
	pw->contents =
		g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
	pw->references =
		g_array_new(FALSE, FALSE, sizeof(struct rrlog_page_reference));
	pw->pages = malloc((size_t)RRLOG_FRAME_PAGES * RRLOG_PAGE_BYTES);
	if (!pw->pages)
		return -ENOMEM;
	return rrlog_frame_writer_create(&pw->frames, dir_fd, RRLOG_FILE_PAGES,
					 &h);
}

static void put_page_id(struct rrlog_buffer *raw,
			const struct rrlog_page_id *id)
{
	uint8_t *out = raw->bytes + raw->used_bytes;

	out = rrlog_put_varint(out, id->block);
	out = rrlog_put_varint(out, id->page_index);
	raw->used_bytes = (size_t)(out - raw->bytes);
}

static int write_raw(struct rrlog_page_writer *pw, enum rrlog_frame_kind kind,
		     uint32_t item_count)
{
	struct rrlog_frame frame = {
		.kind = kind,
		.item_count = item_count,
		.raw = pw->raw.bytes,
		.raw_bytes = pw->raw.used_bytes,
	};

	return rrlog_frame_write(&pw->frames, &frame);
}

static int write_contents(struct rrlog_page_writer *pw)
{
	size_t bytes = (size_t)pw->page_count * RRLOG_PAGE_BYTES;
	uint32_t i;
	int err;

	if (!pw->page_count)
		return 0;
	pw->raw.used_bytes = 0;
	err = rrlog_buffer_reserve(&pw->raw,
				   bytes + pw->page_count * MAX_PAGE_ID_BYTES);
	if (err)
		return err;
	for (i = 0; i < pw->page_count; i++)
		put_page_id(&pw->raw, &pw->page_ids[i]);
	memcpy(pw->raw.bytes + pw->raw.used_bytes, pw->pages, bytes);
	pw->raw.used_bytes += bytes;
	err = write_raw(pw, RRLOG_FRAME_PAGE_CONTENTS, pw->page_count);
	pw->page_count = 0;
	return err;
}

/* The ordinal of this content, or NULL if it is new; then it is remembered. */
static const uint64_t *find_content(struct rrlog_page_writer *pw,
				    const void *page)
{
	XXH128_canonical_t key;
	const uint64_t *found;

	XXH128_canonicalFromHash(&key, XXH3_128bits(page, RRLOG_PAGE_BYTES));
	found = g_hash_table_lookup(pw->contents, &key);
	if (!found)
		g_hash_table_insert(pw->contents, g_memdup2(&key, sizeof(key)),
				    g_memdup2(&pw->content_count,
					      sizeof(pw->content_count)));
	return found;
}

static bool is_zero_page(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, RRLOG_PAGE_BYTES - 1);
}

int rrlog_page_writer_put(struct rrlog_page_writer *pw,
			  const struct rrlog_page_id *id, const void *page)
{
	const uint64_t *content;

	if (is_zero_page(page))
		return 0;
	content = find_content(pw, page);
	if (content) {
		struct rrlog_page_reference ref = { *content, *id };

		g_array_append_val(pw->references, ref);
		return 0;
	}
	pw->content_count++;
	pw->page_ids[pw->page_count] = *id;
	memcpy(pw->pages + (size_t)pw->page_count * RRLOG_PAGE_BYTES, page,
	       RRLOG_PAGE_BYTES);
	if (++pw->page_count < RRLOG_FRAME_PAGES)
		return 0;
	return write_contents(pw);
}

static gint compare_content(gconstpointer a, gconstpointer b)
{
	const struct rrlog_page_reference *x = a, *y = b;

	return x->content < y->content ? -1 : x->content > y->content;
}

/* Put references from @i on until the frame is full; return the next one. */
static guint put_references(struct rrlog_page_writer *pw, guint i)
{
	uint64_t last = 0;

	pw->raw.used_bytes = 0;
	while (i < pw->references->len &&
	       pw->raw.used_bytes < RRLOG_FRAME_TARGET_BYTES) {
		struct rrlog_page_reference *ref = &g_array_index(
			pw->references, struct rrlog_page_reference, i);
		uint8_t *out = pw->raw.bytes + pw->raw.used_bytes;

		out = rrlog_put_varint(out, ref->content - last);
		pw->raw.used_bytes = (size_t)(out - pw->raw.bytes);
		put_page_id(&pw->raw, &ref->id);
		last = ref->content;
		i++;
	}
	return i;
}

static int write_references(struct rrlog_page_writer *pw)
{
	guint i = 0;
	int err;

	g_array_sort(pw->references, compare_content);
	pw->raw.used_bytes = 0;
	err = rrlog_buffer_reserve(&pw->raw, RRLOG_FRAME_TARGET_BYTES +
						     MAX_PAGE_ID_BYTES);
	while (!err && i < pw->references->len) {
		guint next = put_references(pw, i);

		/*
		 * The items of "pages" are contents: references do not count.
		 */
		err = write_raw(pw, RRLOG_FRAME_PAGE_REFERENCES, 0);
		i = next;
	}
	return err;
}

int rrlog_page_writer_finish(struct rrlog_page_writer *pw)
{
	int err = write_contents(pw);

	if (!err)
		err = write_references(pw);
	if (!err)
		err = rrlog_frame_writer_complete(&pw->frames);
	return err;
}

void rrlog_page_writer_close(struct rrlog_page_writer *pw)
{
	rrlog_frame_writer_close(&pw->frames);
	if (pw->contents)
		g_hash_table_unref(pw->contents);
	if (pw->references)
		g_array_unref(pw->references);
	free(pw->pages);
	rrlog_buffer_free(&pw->raw);
	memset(pw, 0, sizeof(*pw));
	pw->frames.fd = -1;
}
