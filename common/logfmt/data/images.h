/*
 * Disk images, whose bytes records refer to instead of holding them (FORMAT.md,
 * "Images"): the side of the reader.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_IMAGES_H
#define RRLOG_IMAGES_H

#include <glib.h>

#include "common/logfmt/file/format.h"
#include "common/logfmt/file/store.h"

#define RRLOG_MAX_IMAGES 1024
#define RRLOG_MAX_OPEN_IMAGES 128 /* a process has few descriptors */
#define RRLOG_MAGIC_IMAGE "\x89RRTIMG\n"

/* Start of the file image-N; extents, sorted by .image_offset, follow. */
struct rrlog_image_start {
	uint8_t magic[RRLOG_MAGIC_BYTES];
	uint64_t extent_count;
};

struct rrlog_image_extent {
	uint64_t image_offset;
	uint64_t bytes;
	uint64_t offset; /* of these bytes in the file image-N */
};

struct rrlog_image_file {
	struct rrlog_image image; /* .path NULL: its record was not read */
	char *user_path; /* where the user says that it is, or NULL */
	struct rrlog_member member; /* open once it was used */
	bool packed; /* .member is an image-N, with extents */
	bool tried; /* to open it ... */
	int err; /* ... with this result */
};

struct rrlog_images {
	struct rrlog_image_file *files[RRLOG_MAX_IMAGES];
	unsigned int count; /* highest id used, plus 1 */
	/* Where to look for images by their names; NULL: beside the trace. */
	GPtrArray *dirs;
	bool trusted; /* also where the trace says */
	unsigned int open_count;
};

/** Remember the image that a record describes; -EBADMSG if it is impossible. */
int rrlog_images_learn(struct rrlog_images *images,
		       const struct rrlog_record *rec);
/** Use the file @path for this image; @path is copied. */
int rrlog_images_set_path(struct rrlog_images *images, uint32_t id,
			  const char *path);
/** Look for images also in the directory @dir, which is copied. */
void rrlog_images_add_dir(struct rrlog_images *images, const char *dir);
/** The image, or NULL if its record was not read. */
const struct rrlog_image *rrlog_images_find(const struct rrlog_images *images,
					    uint64_t id);
/** Open all images whose records were read, as far as that is possible. */
void rrlog_images_open(struct rrlog_images *images,
		       const struct rrlog_store *store);
/**
 * Read bytes of an image that rrlog_images_find() finds.  With a text: -ENOENT
 * it is missing, -ESTALE it is not what it was, others.
 */
int rrlog_images_read(struct rrlog_images *images,
		      const struct rrlog_store *store, uint64_t id,
		      uint64_t offset, void *data, size_t bytes,
		      struct rrlog_error *error);
/** Set the text "image N (PATH): offset O: WHAT"; return @err. */
int rrlog_images_fail(const struct rrlog_images *images, uint64_t id,
		      uint64_t offset, int err, const char *what,
		      struct rrlog_error *error);
void rrlog_images_free(struct rrlog_images *images);

#endif
