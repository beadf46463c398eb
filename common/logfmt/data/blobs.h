/*
 * Large data outside of the records (FORMAT.md, "Blobs").  The file "blobs" is
 * one long string of bytes, in frames; a record has a list of runs of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_BLOBS_H
#define RRLOG_BLOBS_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/file/frame-reader.h"

/* Data of this size and above goes there. */
#define RRLOG_BLOB_MIN_BYTES 512
/* Equal pieces of this size (counted from the start of the data) meet. */
#define RRLOG_BLOB_UNIT_BYTES 4096
/* No frame of blobs is larger, so that a reader can keep a few. */
#define RRLOG_BLOB_FRAME_BYTES (128u << 10)

/* ---- lists of runs ---- */

struct rrlog_run {
	uint64_t position;
	uint64_t bytes;
};

/* The most that a list takes: total size, and a run for each unit. */
#define RRLOG_RUNS_MAX_BYTES \
	(16 + RRLOG_MAX_DATA_BYTES / RRLOG_BLOB_UNIT_BYTES * 16)

/* What is left of a list that is being read. */
struct rrlog_run_list {
	const uint8_t *in, *end;
	uint64_t left_bytes;
	uint64_t expected; /* where the run before ended */
};

/** Begin to read a list: its data's size in ->left_bytes; or -EBADMSG. */
int rrlog_runs_begin(struct rrlog_run_list *list, const void *data,
		     size_t bytes, uint64_t expected);
/** Next run: 1; 0 after the last; -EBADMSG. */
int rrlog_runs_next(struct rrlog_run_list *list, struct rrlog_run *run);

/* ---- writing ---- */

/* Where a unit is, by its content. */
struct rrlog_blob_slot {
	uint64_t key[2];
	uint64_t position; /* plus 1; 0: free */
};

struct rrlog_blob_writer {
	struct rrlog_blob_slot *slots;
	size_t set_count; /* a power of two */
	size_t unit_count; /* that were put in them */
	uint64_t seed; /* so that no guest can make two units meet */
	uint64_t position; /* end of all that was put */
	uint64_t expected; /* end of the last run in this frame of records */
	uint8_t list[RRLOG_RUNS_MAX_BYTES];
	size_t list_bytes;
};

int rrlog_blob_writer_init(struct rrlog_blob_writer *bw);
/** Add what is new of @data to @fresh; the list is in ->list then. */
int rrlog_blob_put(struct rrlog_blob_writer *bw, const void *data, size_t bytes,
		   struct rrlog_buffer *fresh);
void rrlog_blob_writer_free(struct rrlog_blob_writer *bw);

/* ---- reading ---- */

/* 8 MiB: a guest reads again what it read not long ago. */
#define RRLOG_BLOB_CACHE_FRAMES 64

struct rrlog_blob_reader {
	struct rrlog_frame_reader frames;
	struct {
		uint64_t position;
		uint64_t last_use;
		struct rrlog_buffer raw;
	} cache[RRLOG_BLOB_CACHE_FRAMES];
	uint64_t uses;
	unsigned int last; /* place in the cache that was used last */
};

/** Copy the run's bytes; -EBADMSG with a text. */
int rrlog_blob_read(struct rrlog_blob_reader *br, const struct rrlog_run *run,
		    uint8_t *out);
void rrlog_blob_reader_close(struct rrlog_blob_reader *br);

#endif
