/*
 * What a reader is made of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_READER_INTERNAL_H
#define RRLOG_READER_INTERNAL_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/data/blobs.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/data/images.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/data/record-codec.h"

struct rrlog_reader {
	struct rrlog_store store;
	struct rrlog_error error;
	int failed; /* reading records goes no further */
	struct rrlog_manifest manifest;
	struct rrlog_frame_reader events;
	struct rrlog_prediction prediction;
	const uint8_t *in, *end; /* what is left of the current frame */
	const uint8_t *record; /* the last one in it */
	uint32_t frame_left; /* records in it */
	uint64_t frame_end; /* records up to its end */
	/* What changes with each record is put in when somebody asks. */
	struct rrlog_reader_position position;
	bool index_loaded;

	unsigned int resolve; /* RRLOG_RESOLVE_... */
	struct rrlog_blob_reader blobs;
	uint64_t blob_expected; /* where the last run in this frame ended ... */
	uint64_t blob_expected_before; /* ... and before the last record */
	struct rrlog_images images;
	struct rrlog_buffer data; /* of the record that next() gave */
};

#endif
