/*
 * Fetching data that is stored outside of its record: in "blobs" or in an
 * image.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/fetch-internal.h"

#include <errno.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/trace/cursor-internal.h"

/* Make .data empty, with room for @bytes. */
static int reserve_data(struct rrlog_reader *r, uint64_t bytes)
{
	r->data.used_bytes = 0;
	if (!rrlog_buffer_reserve(&r->data, (size_t)bytes))
		return 0;
	return rrlog_fail(&r->error, -ENOMEM, "%s: out of memory",
			  r->store.path);
}

static int fetch_blob(struct rrlog_reader *r, struct rrlog_record *rec)
{
	struct rrlog_range_list list;
	struct rrlog_range range;
	uint64_t bytes;
	int err;

	rrlog_ranges_begin(&list, rec->data, rec->data_bytes,
			   r->blob_expected_before);
	bytes = list.left_bytes;
	rec->data = NULL;
	rec->data_bytes = (size_t)bytes;
	if (!(r->fetch & RRLOG_FETCH_BLOBS))
		return 1;
	err = reserve_data(r, bytes);
	while (!err && rrlog_ranges_next(&list, &range) > 0) {
		err = rrlog_blob_read(&r->blobs, &range,
				      r->data.bytes + r->data.used_bytes);
		r->data.used_bytes += (size_t)range.bytes;
	}
	rec->data = r->data.bytes;
	rec->in_blobs = false;
	return err ? err : 1;
}

/*
 * After a seek: read the earlier records for the one that describes the image.
 */
static int learn_images(struct rrlog_reader *r, uint64_t id)
{
	uint64_t ordinal = rrlog_reader_record_count(r);
	struct rrlog_record rec;
	int ret = rrlog_reader_rewind(r);

	while (!ret && rrlog_reader_record_count(r) < ordinal &&
	       !rrlog_images_find(&r->images, id)) {
		ret = rrlog_cursor_next(r, &rec);
		if (ret == -EAGAIN || ret > 0)
			ret = 0;
	}
	return ret ? ret : rrlog_reader_seek_record(r, ordinal);
}

static int find_image(struct rrlog_reader *r, uint64_t id)
{
	int err;

	if (rrlog_images_find(&r->images, id))
		return 0;
	err = learn_images(r, id);
	if (err)
		return err;
	if (rrlog_images_find(&r->images, id))
		return 0;
	return rrlog_frame_fail(&r->events, -EBADMSG,
				"no record describes the image of this one");
}

static int fetch_image(struct rrlog_reader *r, struct rrlog_record *rec)
{
	const struct rrlog_dma_image_fields named = rec->dma_image;
	uint64_t id = named.image;
	uint64_t offset = named.image_offset;
	uint64_t bytes = named.bytes;
	int err;

	if (!bytes || bytes > RRLOG_MAX_DATA_BYTES ||
	    offset > UINT64_MAX - bytes || named.crc32c > UINT32_MAX)
		return rrlog_frame_fail(&r->events, -EBADMSG,
					"impossible record");
	err = find_image(r, id);
	if (!err)
		err = reserve_data(r, bytes);
	if (!err)
		err = rrlog_images_read(&r->images, &r->store, id, offset,
					r->data.bytes, (size_t)bytes,
					&r->error);
	if (!err &&
	    rrlog_checksum(r->data.bytes, (size_t)bytes) != named.crc32c)
		err = rrlog_images_fail(
			&r->images, id, offset, -ESTALE,
			"the image has changed since it was recorded; put back "
			"the one that was used",
			&r->error);
	if (err)
		return err;
	rec->type = RRLOG_DMA;
	memset(rec->field, 0, sizeof(rec->field));
	rec->dma.block = named.block;
	rec->dma.offset = named.offset;
	rec->data = r->data.bytes;
	rec->data_bytes = (size_t)bytes;
	return 1;
}

int rrlog_fetch(struct rrlog_reader *r, struct rrlog_record *rec)
{
	if (rec->in_blobs)
		return fetch_blob(r, rec);
	if (!(r->fetch & RRLOG_FETCH_IMAGES))
		return 1;
	if (rec->type == RRLOG_IMAGE)
		return -EAGAIN;
	return rec->type == RRLOG_DMA_IMAGE ? fetch_image(r, rec) : 1;
}

/* ---- rrlog.h ---- */

void rrlog_reader_set_fetch(struct rrlog_reader *r, unsigned int fetch)
{
	r->fetch = fetch;
}

const struct rrlog_image *rrlog_reader_image(const struct rrlog_reader *r,
					     uint32_t id)
{
	return rrlog_images_find(&r->images, id);
}

int rrlog_reader_set_image_path(struct rrlog_reader *r, uint32_t id,
				const char *path)
{
	return rrlog_images_set_path(&r->images, id, path);
}

void rrlog_reader_add_image_dir(struct rrlog_reader *r, const char *dir)
{
	rrlog_images_add_dir(&r->images, dir);
}

void rrlog_reader_trust_images(struct rrlog_reader *r)
{
	r->images.trusted = true;
}

int rrlog_reader_read_image(struct rrlog_reader *r, uint32_t id,
			    uint64_t offset, void *data, size_t bytes)
{
	if (!rrlog_images_find(&r->images, id))
		return -EINVAL;
	return rrlog_images_read(&r->images, &r->store, id, offset, data, bytes,
				 &r->error);
}
