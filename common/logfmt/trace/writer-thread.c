/*
 * The thread of a writer takes batches of encoded records, compresses them and
 * writes them as frames.  The queue for it is bounded: appending waits when the
 * disk cannot keep up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/writer-state-internal.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
/*
 * A batch this large means at least 1 MB/s of records.  Compressing faster then
 * saves 0.3 % of a boot's instructions and costs 6 % more log.
 */
#define BUSY_BYTES (64u << 10)

uint64_t rrlog_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

int rrlog_writer_fail(struct rrlog_writer *w, int err, const char *what)
{
	if (w->failed)
		return w->failed;
	w->failed = err;
	rrlog_fail(&w->error, err, "%s/%s: %s: %s", w->path, RRLOG_FILE_EVENTS,
		   what, strerror(-err));
	pthread_cond_broadcast(&w->room);
	pthread_cond_signal(&w->work);
	return err;
}

void rrlog_writer_claim_batch(struct rrlog_writer *w)
{
	static const struct timespec pause_time = { .tv_nsec = 20000 };
	unsigned int tries;

	/*
	 * The thread that has it may need the processor, whatever our priority.
	 */
	for (tries = 0; !rrlog_writer_try_claim_batch(w); tries++) {
		if (tries < 10)
			sched_yield();
		else
			nanosleep(&pause_time, NULL);
	}
}

static size_t batch_bytes(const struct rrlog_batch *batch)
{
	return batch->raw.used_bytes + batch->blobs.used_bytes;
}

static bool queue_has_room(const struct rrlog_writer *w)
{
	size_t bytes = batch_bytes(&w->current);

	if (!w->queue_count)
		return true;
	return w->queue_count < RRLOG_QUEUE_FRAMES &&
	       w->queue_bytes + bytes <= RRLOG_QUEUE_BYTES;
}

static struct rrlog_buffer take_spare_buffer(struct rrlog_spares *spares)
{
	static const struct rrlog_buffer none;

	return spares->count ? spares->buffer[--spares->count] : none;
}

/* Take the current batch out; a new one begins, with an empty prediction. */
static struct rrlog_batch take_current_batch(struct rrlog_writer *w)
{
	struct rrlog_batch batch = w->current;

	memset(&w->current, 0, sizeof(w->current));
	w->current.raw = take_spare_buffer(&w->spare);
	w->current.blobs = take_spare_buffer(&w->spare_blobs);
	w->blob_table.expected = 0;
	rrlog_prediction_reset(&w->prediction);
	return batch;
}

void rrlog_writer_queue_batch(struct rrlog_writer *w)
{
	unsigned int tail;

	if (!rrlog_batch_is_full(&w->current) || !queue_has_room(w))
		return;
	tail = (w->queue_head + w->queue_count) % RRLOG_QUEUE_FRAMES;
	w->queue[tail] = take_current_batch(w);
	w->queue_count++;
	w->queue_bytes += batch_bytes(&w->queue[tail]);
	pthread_cond_signal(&w->work);
}

int rrlog_writer_wait_for_room(struct rrlog_writer *w)
{
	uint64_t begin_ns;

	rrlog_writer_queue_batch(w);
	if (w->failed || !rrlog_batch_is_full(&w->current))
		return w->failed;
	begin_ns = rrlog_now_ns();
	do {
		rrlog_writer_release_batch(w);
		pthread_cond_wait(&w->room, &w->lock);
		rrlog_writer_claim_batch(w);
		rrlog_writer_queue_batch(w);
	} while (!w->failed && rrlog_batch_is_full(&w->current));
	w->wait_ns += rrlog_now_ns() - begin_ns;
	return w->failed;
}

static struct rrlog_batch take_queued_batch(struct rrlog_writer *w)
{
	struct rrlog_batch batch = w->queue[w->queue_head];

	memset(&w->queue[w->queue_head], 0, sizeof(batch));
	w->queue_head = (w->queue_head + 1) % RRLOG_QUEUE_FRAMES;
	w->queue_count--;
	w->queue_bytes -= batch_bytes(&batch);
	return batch;
}

static void wait_until(struct rrlog_writer *w, uint64_t ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};

	pthread_cond_timedwait(&w->work, &w->lock, &ts);
}

/*
 * Take the current batch if it is due; *due_ns gets when it will be (never:
 * max).
 */
static bool take_due_batch(struct rrlog_writer *w, struct rrlog_batch *batch,
			   uint64_t *due_ns)
{
	bool wanted = w->stop || w->flush_count > w->written_count;
	bool due = false;

	rrlog_writer_claim_batch(w);
	*due_ns = UINT64_MAX;
	if (w->current.record_count) {
		*due_ns = w->current.begin_ns + RRLOG_FLUSH_NS;
		due = wanted || rrlog_now_ns() >= *due_ns;
	}
	if (due)
		*batch = take_current_batch(w);
	rrlog_writer_release_batch(w);
	return due;
}

/* Wait for the next batch; false when there will be none. */
static bool next_batch(struct rrlog_writer *w, struct rrlog_batch *batch)
{
	uint64_t due_ns;

	while (!w->failed) {
		if (w->queue_count) {
			*batch = take_queued_batch(w);
			return true;
		}
		if (take_due_batch(w, batch, &due_ns))
			return true;
		if (w->stop)
			return false;
		if (due_ns != UINT64_MAX)
			wait_until(w, due_ns);
		else
			pthread_cond_wait(&w->work, &w->lock);
	}
	return false;
}

static void keep_spare_buffer(struct rrlog_spares *spares,
			      struct rrlog_buffer *buffer, size_t target_bytes)
{
	if (!buffer->bytes)
		return;
	if (spares->count == RRLOG_SPARES ||
	    buffer->capacity_bytes > 2 * target_bytes) {
		rrlog_buffer_free(buffer);
		return;
	}
	buffer->used_bytes = 0;
	spares->buffer[spares->count++] = *buffer;
}

static int write_blobs(struct rrlog_writer *w, const struct rrlog_buffer *blobs)
{
	size_t at;
	int err = 0;

	for (at = 0; !err && at < blobs->used_bytes;
	     at += RRLOG_BLOB_FRAME_BYTES) {
		size_t left = blobs->used_bytes - at;
		struct rrlog_frame frame = {
			.kind = RRLOG_FRAME_BLOB_BYTES,
			.raw = blobs->bytes + at,
			.raw_bytes = left < RRLOG_BLOB_FRAME_BYTES ?
					     left :
					     RRLOG_BLOB_FRAME_BYTES,
		};
		struct rrlog_frame_ref ref;

		frame.item_count = (uint32_t)frame.raw_bytes;
		ref = rrlog_index_ref(&w->blobs, &frame);
		err = rrlog_frame_write(&w->blobs, &frame);
		if (!err)
			rrlog_index_note(&w->index, RRLOG_FRAME_BLOB_INDEX,
					 &ref);
	}
	return err;
}

static int write_batch(struct rrlog_writer *w, const struct rrlog_batch *batch)
{
	struct rrlog_frame frame = {
		.kind = RRLOG_FRAME_RECORDS,
		.item_count = batch->record_count,
		.time_ns = batch->begin_ns - w->start_ns,
		.first_branches = batch->first_branches,
		.raw = batch->raw.bytes,
		.raw_bytes = batch->raw.used_bytes,
	};
	struct rrlog_frame_ref ref = rrlog_index_ref(&w->events, &frame);
	int err;

	/* Write blobs before the records that refer to them. */
	err = write_blobs(w, &batch->blobs);
	if (!err)
		err = rrlog_frame_write(&w->events, &frame);
	if (!err)
		rrlog_index_note(&w->index, RRLOG_FRAME_EVENT_INDEX, &ref);
	return err;
}

/* The queue is half full: if it fills up, the guest has to wait. */
static bool is_behind(const struct rrlog_writer *w)
{
	return w->queue_count > RRLOG_QUEUE_FRAMES / 2 ||
	       w->queue_bytes > RRLOG_QUEUE_BYTES / 2;
}

static void *writer_thread(void *opaque)
{
	struct rrlog_writer *w = opaque;
	struct rrlog_batch batch;

	pthread_mutex_lock(&w->lock);
	while (next_batch(w, &batch)) {
		int err;

		w->events.sync = w->blobs.sync = w->sync;
		w->blobs.compressor.hurry = is_behind(w);
		w->events.compressor.hurry = is_behind(w) ||
					     batch.raw.used_bytes >= BUSY_BYTES;
		pthread_mutex_unlock(&w->lock);
		err = write_batch(w, &batch);
		pthread_mutex_lock(&w->lock);

		keep_spare_buffer(&w->spare, &batch.raw,
				  RRLOG_FRAME_TARGET_BYTES);
		keep_spare_buffer(&w->spare_blobs, &batch.blobs,
				  RRLOG_BATCH_BLOB_BYTES);
		if (err) {
			rrlog_writer_fail(w, err, "cannot write");
			break;
		}
		w->written_count += batch.record_count;
		w->stored_bytes = w->events.offset + w->blobs.offset;
		pthread_cond_broadcast(&w->room);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* All signals are blocked in the thread; SIGXFSZ becomes EFBIG. */
int rrlog_writer_thread_start(struct rrlog_writer *w)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&w->thread, NULL, writer_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

void rrlog_writer_thread_stop(struct rrlog_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}
