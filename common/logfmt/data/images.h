/*
 * Disk images that records name instead of holding their bytes (FORMAT.md,
 * "Images"): the reader's side.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_IMAGES_H
#define RRLOG_IMAGES_H

#include "common/logfmt/file/format.h"
#include "common/logfmt/file/store.h"

#define RRLOG_MAX_IMAGES 1024
#define RRLOG_MAGIC_IMAGE "\x89RRTIMG\n"

/* Start of the file image-N: extents, sorted by .image_offset, follow. */
struct rrlog_image_start {
	uint8_t magic[RRLOG_MAGIC_BYTES];
	uint64_t extent_count;
};

struct rrlog_image_extent {
	uint64_t image_offset;
	uint64_t bytes;
	uint64_t offset; /* of the bytes in the file image-N */
};

struct rrlog_image_file {
	struct rrlog_image image; /* .path NULL: not known */
	char *moved_path; /* set by the user */
	struct rrlog_member member; /* once it was used */
	bool packed; /* ->member has extents */
};

struct rrlog_images {
	struct rrlog_image_file *files[RRLOG_MAX_IMAGES];
	unsigned int count; /* highest number, plus 1 */
};

/** Remember what a record says; -EBADMSG if it is not possible. */
int rrlog_images_learn(struct rrlog_images *images,
		       const struct rrlog_record *rec);
int rrlog_images_move(struct rrlog_images *images, uint32_t id,
		      const char *path);
/** The image, if its record was seen. */
const struct rrlog_image *rrlog_images_find(const struct rrlog_images *images,
					    uint64_t id);
/** -ENOENT, -ESTALE, others; with a text. */
int rrlog_images_read(struct rrlog_images *images,
		      const struct rrlog_store *store, uint64_t id,
		      uint64_t offset, void *data, size_t bytes,
		      struct rrlog_error *error);
/** "image N (PATH): offset O: WHAT" */
int rrlog_images_fail(const struct rrlog_images *images, uint64_t id,
		      uint64_t offset, int err, const char *what,
		      struct rrlog_error *error);
void rrlog_images_free(struct rrlog_images *images);

#endif
