/*
 * What the fuzz targets share: the form of their inputs, and a trace that is
 * made of frames from the fuzzer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FUZZ_H
#define RRLOG_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/logfmt/rrlog.h"

#define FUZZ_MAX_BYTES 65536 /* size of an input */

/* Bits of a mode, which is the first byte of an input of fuzz-frames: */
#define FUZZ_OPEN 1 /* the file is not marked as complete */
#define FUZZ_KEEP_FIELDS 2 /* repair checksums, chain and counts only */
#define FUZZ_AS_IS 4 /* repair nothing */
#define FUZZ_MODES 8

/*
 * An input of fuzz-pages: frames in short form.  Each is a byte of kind, a byte
 * of items, a byte of size, and that many bytes; page contents are made up.
 */
#define FUZZ_PAGE_FRAME_BYTES 3
#define FUZZ_MAX_PAGES 8 /* in a frame */

/* An input of fuzz-open: the file "events", then the manifest. */
#define FUZZ_START_BYTES 128

/*
 * An input of fuzz-blobs: a byte with two modes (that of "events" plus
 * FUZZ_MODES times that of "blobs"), the u16 size of the frames of "blobs",
 * these frames, and the frames of "events".
 */
#define FUZZ_SPLIT_BYTES 3

/*
 * An input of fuzz-images: the same with the file "image-0" instead of the
 * frames of "blobs".  If the second mode is odd, there is no such file.
 */
#define FUZZ_IMAGE_BYTES 16384
#define FUZZ_NO_PACKED_IMAGE 1

/*
 * An input of fuzz-index: a byte of mode; then, with FUZZ_RAW_INDEX, frames;
 * else groups of frame refs.  A group is a byte of kind (odd: of "blobs"), a
 * byte of count, and for each ref three bytes: which true ref to begin with,
 * which of its fields are wrong, and by how much.
 */
#define FUZZ_RAW_INDEX 8
#define FUZZ_REF_BYTES 3

/* The RAM block in the manifest of fuzz_store_trace(). */
#define FUZZ_BLOCK 3
#define FUZZ_BLOCK_BYTES (UINT64_C(4) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Byte @offset of the disk image of fuzz-images. */
static inline uint8_t fuzz_image_byte(uint64_t offset)
{
	return (uint8_t)(offset ^ offset >> 8);
}

/* The frames of a file. */
struct fuzz_frames {
	const uint8_t *bytes;
	size_t size;
	unsigned int mode; /* FUZZ_OPEN ... */
};

/* A trace of these frames. */
struct fuzz_trace {
	struct fuzz_frames pages, blobs, events;
};

/** The path of a directory of this process, which it removes at its end. */
const char *fuzz_dir(void);

/**
 * Put a trace of these frames into fuzz_dir().  Everything but the frames is
 * valid, so that the trace opens.  Headers of frames are repaired as their mode
 * says, as a hostile writer would do.
 */
void fuzz_store_trace(const struct fuzz_trace *trace);

/** Put a file "index" with these frames into fuzz_dir(). */
void fuzz_store_index(const struct fuzz_frames *index);

/** Write a file of fuzz_dir(). */
void fuzz_store(const char *name, const void *data, size_t bytes);
/** Remove a file of fuzz_dir(), if it exists. */
void fuzz_remove(const char *name);

/** Open fuzz_dir(), which must succeed.  @fetch: RRLOG_FETCH_... */
struct rrlog_reader *fuzz_open(unsigned int fetch);

/** A sum over all of the record: it reads every byte. */
uint64_t fuzz_sum_record(const struct rrlog_record *rec);

#endif
