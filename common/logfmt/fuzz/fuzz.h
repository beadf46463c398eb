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

#include "rrlog.h"

#define FUZZ_MAX_BYTES 65536 /* of an input */

/* The first byte of an input of fuzz-frames; bits: */
#define FUZZ_OPEN 1	   /* the file is not marked as complete */
#define FUZZ_KEEP_FIELDS 2 /* only checksums, chain and counts are made right \
			    */
#define FUZZ_AS_IS 4	   /* not even those */
#define FUZZ_MODES 8

/*
 * An input of fuzz-pages: frames without what the fuzzer need not know.  A byte
 * of kind, one of items, one of size, so many bytes; page contents are made up.
 */
#define FUZZ_PAGE_FRAME_BYTES 3
#define FUZZ_MAX_PAGES 8 /* of a frame */

/* An input of fuzz-open: the file "events", then the manifest. */
#define FUZZ_START_BYTES 128

/* The block of RAM in the manifest of fuzz_store_trace(). */
#define FUZZ_BLOCK 3
#define FUZZ_BLOCK_BYTES (UINT64_C(4) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Frames of a file. */
struct fuzz_frames {
	const uint8_t *bytes;
	size_t size;
	unsigned int mode; /* FUZZ_OPEN ... */
};

/** A folder of this process, gone when it ends; the same at each call. */
const char *fuzz_dir(void);

/**
 * Put a trace of these frames into fuzz_dir().  All else is made so that the
 * trace opens; the frames' headers are made right as far as their mode says, as
 * a hostile writer would.
 */
void fuzz_store_trace(const struct fuzz_frames *pages,
		      const struct fuzz_frames *events);

/** Put these bytes into a file of fuzz_dir(). */
void fuzz_store(const char *name, const void *data, size_t bytes);

#endif
