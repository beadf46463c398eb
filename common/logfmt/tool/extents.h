/*
 * Which bytes of disk images the records of a trace need.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_EXTENTS_H
#define RRLOG_EXTENTS_H

#include <glib.h>

#include "common/logfmt/data/images.h"

/* struct rrlog_image_extent by image; sorted, as in the file image-N. */
struct extents {
	GArray *of_image[RRLOG_MAX_IMAGES];
};

/**
 * Find them, and read them all once: their checksums must fit.  An errno value
 * with the reader's text.
 */
int extents_collect(struct extents *e, struct rrlog_reader *r);
void extents_free(struct extents *e);
/** Size of the file image-N. */
uint64_t extents_file_bytes(const GArray *extents);
/** Its start, up to the bytes of the image; to be g_free()d. */
void *extents_start(const GArray *extents, size_t *bytes);

#endif
