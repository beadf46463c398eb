/*
 * Inside of the writer, shared by writer.c and writer-thread.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_WRITER_INTERNAL_H
#define RRLOG_WRITER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/logfmt/data/blobs.h"
#include "common/logfmt/file/frame-writer.h"
#include "common/logfmt/file/index-writer.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/data/pages.h"
#include "common/logfmt/data/record-codec.h"

/* A frame is written this long after its first record, full or not. */
#define RRLOG_FLUSH_NS UINT64_C(50000000) /* half of what may be lost */
/* What may wait for the disk before append waits too. */
#define RRLOG_QUEUE_FRAMES 16
#define RRLOG_QUEUE_BYTES (8u << 20)
/* A batch is handed over when it has this much of new blobs. */
#define RRLOG_BATCH_BLOB_BYTES (1u << 20)

/* Encoded records on their way to disk. */
struct rrlog_batch {
	struct rrlog_buffer raw;
	struct rrlog_buffer blobs; /* new ones, written before the records */
	uint32_t record_count;
	uint64_t begin_ns;
	uint64_t first_branches;
};

/* Those of batches that were written, to be used again. */
#define RRLOG_SPARES 4
struct rrlog_spares {
	struct rrlog_buffer buffer[RRLOG_SPARES];
	unsigned int count;
};

struct rrlog_writer {
	int dir_fd;
	char *path;
	enum rrlog_codec codec;
	struct rrlog_manifest manifest;
	struct rrlog_page_writer pages;
	uint64_t page_limit[RRLOG_MAX_BLOCKS]; /* highest page put, plus 1 */
	struct rrlog_frame_writer events; /* the thread's, once it runs */
	struct rrlog_frame_writer blobs; /* likewise */
	struct rrlog_index_writer index; /* likewise */
	uint64_t start_ns;
	bool started;
	pthread_t thread;

	pthread_mutex_t lock; /* protects all that follows */
	pthread_cond_t work; /* something to do for the thread */
	pthread_cond_t room; /* something was written, or writing failed */
	struct rrlog_batch queue[RRLOG_QUEUE_FRAMES];
	unsigned int queue_head, queue_count;
	size_t queue_bytes;
	struct rrlog_spares spare, spare_blobs;
	uint32_t image_count;
	uint64_t written_count;
	uint64_t flush_count; /* write these many records without delay */
	uint64_t stored_bytes;
	uint64_t wait_ns;
	bool sync;
	bool stop;
	atomic_int failed;
	struct rrlog_error error;

	/*
	 * Whoever uses what follows sets this; with the lock held or not, but
	 * never waiting for the lock.  So a record that just goes into the
	 * current batch takes one atomic operation.
	 */
	atomic_bool busy;
	struct rrlog_batch current;
	struct rrlog_prediction prediction;
	struct rrlog_blob_writer blob_table;
	uint64_t last_output_bytes;
	uint64_t max_branches; /* of the landmarks so far */
	uint64_t appended_count;
	uint64_t raw_bytes;
};

uint64_t rrlog_now_ns(void);

static inline bool rrlog_writer_try_take(struct rrlog_writer *w)
{
	return !atomic_exchange_explicit(&w->busy, true, memory_order_acquire);
}

/** Wait for ->busy, for as long as a record takes; with the lock held. */
void rrlog_writer_take(struct rrlog_writer *w);

static inline void rrlog_writer_release(struct rrlog_writer *w)
{
	atomic_store_explicit(&w->busy, false, memory_order_release);
}

static inline bool rrlog_batch_is_full(const struct rrlog_batch *batch)
{
	return batch->raw.used_bytes >= RRLOG_FRAME_TARGET_BYTES ||
	       batch->blobs.used_bytes >= RRLOG_BATCH_BLOB_BYTES;
}

int rrlog_writer_thread_start(struct rrlog_writer *w);
/** Writes what is left (unless writing failed) and ends the thread. */
void rrlog_writer_thread_stop(struct rrlog_writer *w);

/* With the lock held: */

/** Remember the first error; returns it. */
int rrlog_writer_fail(struct rrlog_writer *w, int err, const char *what);
/* And ->busy: */

/** Wait until the current batch can take a record (others may use it then). */
int rrlog_writer_make_room(struct rrlog_writer *w);
/** Hand the current batch to the thread if it is full and there is room. */
void rrlog_writer_hand_over(struct rrlog_writer *w);

#endif
