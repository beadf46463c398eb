/*
 * The state of a reader.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_READER_STATE_INTERNAL_H
#define RRLOG_READER_STATE_INTERNAL_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/data/blobs.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/data/images.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/data/record-codec.h"
#include "common/logfmt/trace/check-internal.h"

struct rrlog_reader {
	struct rrlog_store store;
	struct rrlog_error error;
	int failed; /* the error after which no more records are read */
	struct rrlog_manifest manifest;
	struct rrlog_manifest at_end; /* its entries only; may be empty */
	struct rrlog_frame_reader events;
	struct rrlog_prediction prediction;
	/* The current frame: */
	struct rrlog_frame_ref frame; /* where it is in the file */
	const uint8_t *in, *end; /* the bytes that are not decoded yet */
	const uint8_t *record; /* where the last record began */
	uint32_t frame_left; /* records that are not decoded yet */
	uint64_t frame_end; /* ordinal of the first record after it */
	/*
	 * Without what changes with each record: rrlog_reader_position() adds
	 * it.
	 */
	struct rrlog_reader_position position;
	bool index_loaded;

	unsigned int fetch; /* RRLOG_FETCH_... */
	struct rrlog_blob_reader blobs;
	uint64_t blob_expected; /* end of the last range in this frame */
	uint64_t blob_expected_before; /* the same before the last record */
	struct rrlog_images images;
	struct rrlog_buffer data; /* fetched for the last record */

	struct rrlog_check *check; /* NULL: without rrlog_reader_check() */
};

/** The ordinal of the next record. */
static inline uint64_t rrlog_reader_record_count(const struct rrlog_reader *r)
{
	return r->frame_end - r->frame_left;
}

#endif
