/*
 * The state of a writer, and the functions of writer-thread.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_WRITER_STATE_INTERNAL_H
#define RRLOG_WRITER_STATE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/logfmt/data/blobs.h"
#include "common/logfmt/file/frame-writer.h"
#include "common/logfmt/file/index-writer.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/data/pages.h"
#include "common/logfmt/data/record-codec.h"

/*
 * A frame is written this long after its first record, full or not.  It is half
 * of the 100 ms that may be lost.
 */
#define RRLOG_FLUSH_NS UINT64_C(50000000)
/* The queue for the disk; when it is full, appending waits. */
#define RRLOG_QUEUE_FRAMES 16
#define RRLOG_QUEUE_BYTES (8u << 20)
/* A batch is full when it has this much of new blobs. */
#define RRLOG_BATCH_BLOB_BYTES (1u << 20)

/* Encoded records on their way to disk. */
struct rrlog_batch {
	struct rrlog_buffer raw; /* the records */
	struct rrlog_buffer blobs; /* new ones, written before the records */
	uint32_t record_count;
	uint64_t begin_ns;
	uint64_t first_branches;
};

/* Buffers of batches that were written, to be used again. */
#define RRLOG_SPARES 4
struct rrlog_spares {
	struct rrlog_buffer buffer[RRLOG_SPARES];
	unsigned int count;
};

struct rrlog_writer {
	int dir_fd;
	char *path;
	enum rrlog_codec codec;
	uint64_t must_features; /* of the events, beside their codec's */
	struct rrlog_manifest manifest;
	struct rrlog_manifest end; /* its entries only */
	struct rrlog_page_writer pages;
	uint64_t page_limit[RRLOG_MAX_BLOCKS]; /* highest page put, plus 1 */
	/* Only the thread uses these three while it runs: */
	struct rrlog_frame_writer events;
	struct rrlog_frame_writer blobs;
	struct rrlog_index_writer index;
	uint64_t start_ns;
	bool started;
	pthread_t thread;

	pthread_mutex_t lock; /* protects the members from here to .error */
	pthread_cond_t work; /* signalled when the thread has work */
	pthread_cond_t room; /* when a batch was written, or writing failed */
	struct rrlog_batch queue[RRLOG_QUEUE_FRAMES];
	unsigned int queue_head, queue_count;
	size_t queue_bytes;
	struct rrlog_spares spare, spare_blobs; /* for .raw and .blobs */
	uint32_t image_count;
	uint64_t written_count;
	uint64_t flush_count; /* write this many records without delay */
	uint64_t stored_bytes;
	uint64_t wait_ns;
	bool sync; /* rrlog_writer_set_fsync() */
	bool stop; /* the thread is to write the rest and end */
	atomic_int failed; /* the first error of writing */
	struct rrlog_error error;

	/*
	 * A thread sets .busy while it uses the members below: it has claimed
	 * the current batch.  It may claim it with or without the lock, but
	 * must not wait for the lock while it has it.  So appending a record to
	 * the current batch takes one atomic operation.
	 */
	atomic_bool busy;
	struct rrlog_batch current;
	struct rrlog_prediction prediction;
	struct rrlog_blob_writer blob_table;
	uint64_t last_output_bytes;
	uint64_t max_branches; /* highest count of the landmarks so far */
	uint64_t appended_count;
	uint64_t raw_bytes;
};

uint64_t rrlog_now_ns(void);

/** Claim the current batch; false if another thread has it. */
static inline bool rrlog_writer_try_claim_batch(struct rrlog_writer *w)
{
	return !atomic_exchange_explicit(&w->busy, true, memory_order_acquire);
}

/**
 * Claim the current batch, waiting while another thread appends a record.  The
 * caller holds the lock.
 */
void rrlog_writer_claim_batch(struct rrlog_writer *w);

static inline void rrlog_writer_release_batch(struct rrlog_writer *w)
{
	atomic_store_explicit(&w->busy, false, memory_order_release);
}

static inline bool rrlog_batch_is_full(const struct rrlog_batch *batch)
{
	return batch->raw.used_bytes >= RRLOG_FRAME_TARGET_BYTES ||
	       batch->blobs.used_bytes >= RRLOG_BATCH_BLOB_BYTES;
}

/** Create the thread; returns 0 or a negative errno value. */
int rrlog_writer_thread_start(struct rrlog_writer *w);
/** Write the remaining batches, unless writing failed, and end the thread. */
void rrlog_writer_thread_stop(struct rrlog_writer *w);

/** With the lock held: remember the first error; return it. */
int rrlog_writer_fail(struct rrlog_writer *w, int err, const char *what);
/**
 * With the lock held and the batch claimed: wait until the batch can take a
 * record.  Other threads may append meanwhile.
 */
int rrlog_writer_wait_for_room(struct rrlog_writer *w);
/**
 * With the lock held and the batch claimed: queue the batch for the thread, if
 * it is full and the queue has room.
 */
void rrlog_writer_queue_batch(struct rrlog_writer *w);

#endif
