/*
 * Inside of the reader, shared by reader.c and resolve.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_READER_H
#define RRLOG_READER_H

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

/** Next record as it is stored: as rrlog_reader_next(), -EAGAIN if skipped. */
int rrlog_reader_next_stored(struct rrlog_reader *r, struct rrlog_record *rec);

/** The number of the next record. */
uint64_t rrlog_reader_record_count(const struct rrlog_reader *r);

/**
 * Note what a record as stored says about others; -EBADMSG with no text if it
 * says what is not possible.
 */
int rrlog_resolve_note(struct rrlog_reader *r, const struct rrlog_record *rec);
/** Fetch what it names: 1, -EAGAIN if it is none for the caller, or an error.
 */
int rrlog_resolve(struct rrlog_reader *r, struct rrlog_record *rec);

#endif
