/*
 * What the fuzz targets share: a folder to put a trace into, and the files of
 * a trace around frames of the fuzzer's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FUZZ_H
#define RRLOG_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/logfmt/rrlog.h"

#define FUZZ_MAX_BYTES 65536 /* of an input */

/* The first byte of an input of fuzz-frames; bits: */
#define FUZZ_OPEN 1 /* the file is not marked as complete */
#define FUZZ_KEEP_FIELDS \
	2 /* only checksums, chain and counts are made right \
			    */
#define FUZZ_AS_IS 4 /* not even those */
#define FUZZ_MODES 8

/*
 * An input of fuzz-pages: frames without what the fuzzer need not know.  A byte
 * of kind, one of items, one of size, so many bytes; page contents are made up.
 */
#define FUZZ_PAGE_FRAME_BYTES 3
#define FUZZ_MAX_PAGES 8 /* of a frame */

/* An input of fuzz-open: the file "events", then the manifest. */
#define FUZZ_START_BYTES 128

/*
 * An input of fuzz-blobs: a byte of modes (of "events", times FUZZ_MODES of
 * "blobs"), u16 size of the frames of "blobs", these, the frames of "events".
 */
#define FUZZ_SPLIT_BYTES 3

/*
 * An input of fuzz-images: likewise, with the file "image-0" instead of frames
 * of "blobs"; if the second mode is odd there is no such file.
 */
#define FUZZ_IMAGE_BYTES 16384
#define FUZZ_NO_PACKED_IMAGE 1

/*
 * An input of fuzz-index: a byte of mode.  With FUZZ_RAW_INDEX, frames follow;
 * else groups of places: a byte of kind (odd: of "blobs"), one of count, and
 * for each a byte for which of the true ones it is, a map of what is wrong with
 * it, and by how much.
 */
#define FUZZ_RAW_INDEX 8
#define FUZZ_PLACE_BYTES 3

/* The block of RAM in the manifest of fuzz_store_trace(). */
#define FUZZ_BLOCK 3
#define FUZZ_BLOCK_BYTES (UINT64_C(4) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Byte @offset of the disk image of fuzz-images. */
static inline uint8_t fuzz_image_byte(uint64_t offset)
{
	return (uint8_t)(offset ^ offset >> 8);
}

/* Frames of a file. */
struct fuzz_frames {
	const uint8_t *bytes;
	size_t size;
	unsigned int mode; /* FUZZ_OPEN ... */
};

/* A trace around them; files that are not said have no frames. */
struct fuzz_trace {
	struct fuzz_frames pages, blobs, events;
};

/** A folder of this process, gone when it ends; the same at each call. */
const char *fuzz_dir(void);

/**
 * Put a trace of these frames into fuzz_dir().  All else is made so that the
 * trace opens; the frames' headers are made right as far as their mode says, as
 * a hostile writer would.
 */
void fuzz_store_trace(const struct fuzz_trace *trace);

/** Put the file "index" of these frames into fuzz_dir(). */
void fuzz_store_index(const struct fuzz_frames *index);

/** Put these bytes into a file of fuzz_dir(). */
void fuzz_store(const char *name, const void *data, size_t bytes);
/** Remove it, if it is there. */
void fuzz_remove(const char *name);

/** A reader of fuzz_dir(), which must open. */
struct rrlog_reader *fuzz_open(unsigned int resolve);

/** A sum of all that is in the record, so that it is touched. */
uint64_t fuzz_sum_record(const struct rrlog_record *rec);

#endif
