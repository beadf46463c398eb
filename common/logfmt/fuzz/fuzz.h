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

/* The first byte of an input of fuzz-frames and fuzz-pages; bits: */
#define FUZZ_OPEN 1 /* the file is not marked as complete */
#define FUZZ_KEEP_FIELDS 2 /* only checksums, chain and counts are made right */
#define FUZZ_AS_IS 4 /* not even those */
#define FUZZ_MODES 8

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

#endif
