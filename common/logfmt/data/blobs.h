/*
 * Large data, which is kept outside of the records (FORMAT.md, "Blobs").  The
 * frames of the file "blobs" make one long string of bytes; a record has a list
 * of ranges of this string.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_BLOBS_H
#define RRLOG_BLOBS_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/file/frame-reader.h"

/* Data of this size and above goes to "blobs". */
#define RRLOG_BLOB_MIN_BYTES 512
/*
 * Data is cut into units of this size from its start; equal units are shared.
 */
#define RRLOG_BLOB_UNIT_BYTES 4096
/* The largest frame of blobs: a reader can keep several of them. */
#define RRLOG_BLOB_FRAME_BYTES (128u << 10)

/* ---- lists of ranges ---- */

struct rrlog_range {
	uint64_t position;
	uint64_t bytes;
};

/* The most bytes that a list takes: the total size, and a range a unit. */
#define RRLOG_RANGES_MAX_BYTES \
	(16 + RRLOG_MAX_DATA_BYTES / RRLOG_BLOB_UNIT_BYTES * 16)

/* A list that is being read, from the next range on. */
struct rrlog_range_list {
	const uint8_t *in, *end;
	uint64_t left_bytes; /* of the data */
	uint64_t expected; /* end of the range before */
};

/**
 * Begin to read the list of @bytes at @data; .left_bytes gets the size of the
 * data that it stands for.  @expected: end of the last range of the list
 * before.
 * -EBADMSG.
 */
int rrlog_ranges_begin(struct rrlog_range_list *list, const void *data,
		       size_t bytes, uint64_t expected);
/** Read the next range: 1; 0 after the last; -EBADMSG. */
int rrlog_ranges_next(struct rrlog_range_list *list, struct rrlog_range *range);

/* ---- writing ---- */

/* Where a unit with a certain content is. */
struct rrlog_blob_slot {
	uint64_t key[2]; /* hash of the content */
	uint64_t position; /* in "blobs", plus 1; 0: the slot is free */
};

struct rrlog_blob_writer {
	struct rrlog_blob_slot *slots;
	size_t set_count; /* a power of two */
	size_t unit_count; /* units ever added to the slots */
	uint64_t seed; /* of the hash: no guest can make units collide */
	uint64_t position; /* size of "blobs" so far */
	uint64_t expected; /* end of the last range in this frame */
	uint8_t list[RRLOG_RANGES_MAX_BYTES];
	size_t list_bytes;
};

/** @bw is all zero before. */
int rrlog_blob_writer_init(struct rrlog_blob_writer *bw);
/** Append the new units of @data to @fresh, and put its ranges into .list. */
int rrlog_blob_put(struct rrlog_blob_writer *bw, const void *data, size_t bytes,
		   struct rrlog_buffer *fresh);
void rrlog_blob_writer_free(struct rrlog_blob_writer *bw);

/* ---- reading ---- */

/* 8 MiB: a guest often reads again what it has read not long ago. */
#define RRLOG_BLOB_CACHE_FRAMES 64

struct rrlog_blob_reader {
	struct rrlog_frame_reader frames;
	struct {
		uint64_t position;
		uint64_t last_use;
		struct rrlog_buffer raw;
	} cache[RRLOG_BLOB_CACHE_FRAMES];
	uint64_t uses;
	unsigned int last; /* slot of the cache that was used last */
};

/** Copy the bytes of a range to @out; -EBADMSG with a text. */
int rrlog_blob_read(struct rrlog_blob_reader *br,
		    const struct rrlog_range *range, uint8_t *out);
void rrlog_blob_reader_close(struct rrlog_blob_reader *br);

#endif
