/*
 * The bytes of disk images that records refer to; see extents.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/extents.h"

#include <errno.h>
#include <string.h>

static void add_extent(struct extents *e, const struct rrlog_record *rec)
{
	struct rrlog_image_extent extent = {
		.image_offset = rec->dma_image.image_offset,
		.bytes = rec->dma_image.bytes,
	};
	GArray **extents = &e->of_image[rec->dma_image.image];

	if (!*extents)
		*extents = g_array_new(FALSE, FALSE, sizeof(extent));
	g_array_append_val(*extents, extent);
}

static gint compare_offsets(gconstpointer a, gconstpointer b)
{
	const struct rrlog_image_extent *x = a, *y = b;

	return x->image_offset < y->image_offset ?
		       -1 :
		       x->image_offset > y->image_offset;
}

/* Sort the extents, and join those that touch or overlap. */
static void merge_extents(GArray *extents)
{
	struct rrlog_image_extent *all = (void *)extents->data;
	uint64_t offset;
	guint i, n = 0;

	g_array_sort(extents, compare_offsets);
	for (i = 1; i < extents->len; i++) {
		uint64_t end = all[n].image_offset + all[n].bytes;
		uint64_t new_end = all[i].image_offset + all[i].bytes;

		if (all[i].image_offset > end)
			all[++n] = all[i];
		else if (new_end > end)
			all[n].bytes = new_end - all[n].image_offset;
	}
	g_array_set_size(extents, n + 1);
	offset = sizeof(struct rrlog_image_start) + sizeof(*all) * (n + 1);
	for (i = 0; i <= n; i++) {
		all[i].offset = offset;
		offset += all[i].bytes;
	}
}

static int read_to_end(struct rrlog_reader *r, struct extents *e)
{
	struct rrlog_record rec;
	int ret;

	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		if (rec.type == RRLOG_DMA_IMAGE &&
		    rec.dma_image.image < RRLOG_MAX_IMAGES)
			add_extent(e, &rec);
	}
	return ret;
}

int extents_collect(struct extents *e, struct rrlog_reader *r)
{
	unsigned int i;
	int ret;

	/* The first reading checks that each extent can be read. */
	rrlog_reader_set_fetch(r, RRLOG_FETCH_IMAGES);
	ret = read_to_end(r, e);
	if (!ret)
		ret = rrlog_reader_rewind(r);
	/* The second one has the records themselves. */
	rrlog_reader_set_fetch(r, 0);
	if (!ret)
		ret = read_to_end(r, e);
	for (i = 0; !ret && i < RRLOG_MAX_IMAGES; i++) {
		if (e->of_image[i])
			merge_extents(e->of_image[i]);
	}
	return ret;
}

void extents_free(struct extents *e)
{
	unsigned int i;

	for (i = 0; i < RRLOG_MAX_IMAGES; i++) {
		if (e->of_image[i])
			g_array_unref(e->of_image[i]);
	}
	memset(e, 0, sizeof(*e));
}

uint64_t extents_file_bytes(const GArray *extents)
{
	const struct rrlog_image_extent *last = &g_array_index(
		extents, struct rrlog_image_extent, extents->len - 1);

	return last->offset + last->bytes;
}

void *extents_start(const GArray *extents, size_t *bytes)
{
	struct rrlog_image_start start = {
		.magic = RRLOG_MAGIC_IMAGE,
		.extent_count = GUINT64_TO_LE((uint64_t)extents->len),
	};
	struct rrlog_image_extent *out;
	uint8_t *text;
	guint i;

	*bytes = sizeof(start) + sizeof(*out) * extents->len;
	text = g_malloc(*bytes);
	memcpy(text, &start, sizeof(start));
	out = (void *)(text + sizeof(start));
	for (i = 0; i < extents->len; i++) {
		out[i] = g_array_index(extents, struct rrlog_image_extent, i);
		out[i].image_offset = GUINT64_TO_LE(out[i].image_offset);
		out[i].bytes = GUINT64_TO_LE(out[i].bytes);
		out[i].offset = GUINT64_TO_LE(out[i].offset);
	}
	return text;
}
