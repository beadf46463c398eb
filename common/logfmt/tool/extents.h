/*
 * The bytes of disk images that the records of a trace refer to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_EXTENTS_H
#define RRLOG_EXTENTS_H

#include <glib.h>

#include "common/logfmt/data/images.h"

/*
 * For each image an array of struct rrlog_image_extent, sorted as in image-N.
 */
struct extents {
	GArray *of_image[RRLOG_MAX_IMAGES];
};

/**
 * Collect the extents that the records of @r refer to, and compare the bytes
 * with the checksums in the records.  Returns 0 or the error of @r.
 */
int extents_collect(struct extents *e, struct rrlog_reader *r);
void extents_free(struct extents *e);
/** The size of the member image-N. */
uint64_t extents_file_bytes(const GArray *extents);
/** The start of image-N, before the bytes of the image.  Use g_free(). */
void *extents_start(const GArray *extents, size_t *bytes);

#endif
