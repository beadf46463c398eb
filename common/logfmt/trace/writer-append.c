/*
 * Appending records to a trace: encoding them into the current batch.  The
 * names say what a function needs: append_locked() the lock and the batch,
 * append_slow() neither and waits for both, append_fast() neither and does not
 * wait.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/writer-state-internal.h"

#include <errno.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/data/images.h"
#include "common/logfmt/data/record-encode.h"

/* Make room for a record with so much data. */
static int reserve_record(struct rrlog_batch *batch, size_t data_bytes)
{
	int err = 0;

	if (!batch->raw.capacity_bytes)
		err = rrlog_buffer_reserve(&batch->raw,
					   RRLOG_FRAME_TARGET_BYTES * 5 / 4);
	if (err)
		return err;
	return rrlog_buffer_reserve(&batch->raw,
				    RRLOG_RECORD_MAX_BYTES + data_bytes);
}

/* Move large data to the blobs: *rec gets the list of its ranges instead. */
static int move_to_blobs(struct rrlog_writer *w, struct rrlog_record *rec)
{
	struct rrlog_blob_writer *bw = &w->blob_table;
	struct rrlog_buffer *blobs = &w->current.blobs;
	uint64_t before = bw->position;
	int err = 0;

	/* Reserve the final size at once: growing would copy the blobs. */
	if (!blobs->capacity_bytes)
		err = rrlog_buffer_reserve(blobs,
					   RRLOG_BATCH_BLOB_BYTES * 5 / 4);
	if (err)
		return err;
	err = rrlog_blob_put(bw, rec->data, rec->data_bytes, blobs);
	if (err)
		return err;
	rec->in_blobs = true;
	rec->data = bw->list;
	rec->data_bytes = bw->list_bytes;
	w->raw_bytes += bw->position - before;
	return 0;
}

/* Encode into the current batch, which is claimed and has room. */
static inline void encode_record(struct rrlog_writer *w,
				 const struct rrlog_record *rec)
{
	struct rrlog_buffer *raw = &w->current.raw;
	size_t bytes =
		rrlog_encode(&w->prediction, rec, raw->bytes + raw->used_bytes);

	raw->used_bytes += bytes;
	w->raw_bytes += bytes;
	w->appended_count++;
	w->current.record_count++;
	w->last_output_bytes = rec->output_bytes;
	if (rec->stamp == RRLOG_AT_LANDMARK &&
	    rec->landmark.branches > w->max_branches)
		w->max_branches = rec->landmark.branches;
}

/* The caller holds the lock and has claimed the batch. */
static int append_locked(struct rrlog_writer *w, const struct rrlog_record *rec)
{
	struct rrlog_batch *batch = &w->current;
	struct rrlog_record moved;
	int err = rrlog_writer_wait_for_room(w);

	if (err)
		return err;
	if (rec->data_bytes >= RRLOG_BLOB_MIN_BYTES &&
	    rec->type != RRLOG_IMAGE) {
		moved = *rec;
		err = move_to_blobs(w, &moved);
		rec = &moved;
	}
	if (!err)
		err = reserve_record(batch, rec->data_bytes);
	if (err)
		return rrlog_writer_fail(w, err, "cannot append");
	encode_record(w, rec);
	if (batch->record_count == 1) {
		batch->first_branches = w->max_branches;
		batch->begin_ns = rrlog_now_ns();
		pthread_cond_signal(&w->work);
	}
	rrlog_writer_queue_batch(w);
	return 0;
}

static int append_slow(struct rrlog_writer *w, const struct rrlog_record *rec)
{
	int err;

	if (!w->started)
		return w->failed ? w->failed : -EINVAL;
	pthread_mutex_lock(&w->lock);
	rrlog_writer_claim_batch(w);
	err = append_locked(w, rec);
	rrlog_writer_release_batch(w);
	pthread_mutex_unlock(&w->lock);
	return err;
}

/*
 * The batch has records already, and room for this one: true of most records.
 */
static bool fits_batch(const struct rrlog_writer *w,
		       const struct rrlog_record *rec)
{
	const struct rrlog_batch *batch = &w->current;

	return batch->record_count && !rrlog_batch_is_full(batch) &&
	       batch->raw.used_bytes + RRLOG_RECORD_MAX_BYTES +
			       rec->data_bytes <=
		       batch->raw.capacity_bytes &&
	       !w->failed;
}

static void queue_batch(struct rrlog_writer *w)
{
	pthread_mutex_lock(&w->lock);
	rrlog_writer_claim_batch(w);
	rrlog_writer_queue_batch(w);
	rrlog_writer_release_batch(w);
	pthread_mutex_unlock(&w->lock);
}

/* Without the lock if possible, else the slow way. */
static inline int append_fast(struct rrlog_writer *w,
			      const struct rrlog_record *rec)
{
	bool full;

	if (rec->data_bytes >= RRLOG_BLOB_MIN_BYTES ||
	    !rrlog_writer_try_claim_batch(w))
		return append_slow(w, rec);
	if (!fits_batch(w, rec)) {
		rrlog_writer_release_batch(w);
		return append_slow(w, rec);
	}
	encode_record(w, rec);
	full = rrlog_batch_is_full(&w->current);
	rrlog_writer_release_batch(w);
	if (full)
		queue_batch(w);
	return 0;
}

int rrlog_writer_append(struct rrlog_writer *w, const struct rrlog_record *rec)
{
	int err = rrlog_record_check(rec);

	if (err)
		return err;
	if (rec->in_blobs || rec->type == RRLOG_IMAGE ||
	    rec->type == RRLOG_DMA_IMAGE)
		return -EINVAL;
	return append_fast(w, rec);
}

/* All have types that can be results. */
static bool are_results(const struct rrlog_result *results, size_t count)
{
	const unsigned int allowed = RRLOG_LAYOUT_TYPE |
				     ((1u << RRLOG_RESULT_FIELDS) - 1);
	size_t i;

	for (i = 0; i < count; i++) {
		if (results[i].type >= RRLOG_TYPE_LIMIT ||
		    !rrlog_layouts[results[i].type] ||
		    rrlog_layouts[results[i].type] & ~allowed)
			return false;
	}
	return true;
}

/*
 * Encode into the current batch until it is full; it has room for one result.
 */
static size_t encode_results(struct rrlog_writer *w, uint64_t output_bytes,
			     const struct rrlog_result *results, size_t count)
{
	struct rrlog_buffer *raw = &w->current.raw;
	uint8_t *begin = raw->bytes + raw->used_bytes, *out = begin;
	const uint8_t *full = raw->bytes + RRLOG_FRAME_TARGET_BYTES;
	const uint8_t *end = raw->bytes + raw->capacity_bytes;
	size_t done = 0;

	do {
		out = rrlog_encode_result(&w->prediction, &results[done],
					  output_bytes, out);
		done++;
	} while (done < count && out < full &&
		 end - out >= RRLOG_RECORD_MAX_BYTES);
	raw->used_bytes += (size_t)(out - begin);
	w->raw_bytes += (size_t)(out - begin);
	w->appended_count += done;
	w->current.record_count += (uint32_t)done;
	w->last_output_bytes = output_bytes;
	return done;
}

/* Append without the lock; returns how many, which may be none. */
static size_t append_results_fast(struct rrlog_writer *w, uint64_t output_bytes,
				  const struct rrlog_result *results,
				  size_t count)
{
	static const struct rrlog_record no_data;
	size_t done = 0;
	bool full = false;

	if (!rrlog_writer_try_claim_batch(w))
		return 0;
	if (fits_batch(w, &no_data)) {
		done = encode_results(w, output_bytes, results, count);
		full = rrlog_batch_is_full(&w->current);
	}
	rrlog_writer_release_batch(w);
	if (full)
		queue_batch(w);
	return done;
}

static int append_result_slow(struct rrlog_writer *w, uint64_t output_bytes,
			      const struct rrlog_result *result)
{
	struct rrlog_record rec = {
		.type = result->type,
		.output_bytes = output_bytes,
	};

	memcpy(rec.field, result->field, sizeof(result->field));
	return append_slow(w, &rec);
}

int rrlog_writer_append_results(struct rrlog_writer *w, uint64_t output_bytes,
				const struct rrlog_result *results,
				size_t count)
{
	size_t done = 0;
	int err = are_results(results, count) ? 0 : -EINVAL;

	while (!err && done < count) {
		done += append_results_fast(w, output_bytes, results + done,
					    count - done);
		if (done < count)
			err = append_result_slow(w, output_bytes,
						 &results[done++]);
	}
	return err;
}

int rrlog_writer_add_image(struct rrlog_writer *w, const char *path,
			   uint64_t size_bytes, uint64_t mtime_ns, uint32_t *id)
{
	struct rrlog_record rec = {
		.type = RRLOG_IMAGE,
		.image = { .size = size_bytes, .mtime_ns = mtime_ns },
		.data = path,
		.data_bytes = strlen(path),
	};
	int err;

	if (!rec.data_bytes || rec.data_bytes >= PATH_MAX)
		return -EINVAL;
	if (!w->started)
		return w->failed ? w->failed : -EINVAL;
	pthread_mutex_lock(&w->lock);
	err = w->image_count < RRLOG_MAX_IMAGES ? 0 : -ENOSPC;
	rec.image.image = w->image_count;
	if (!err) {
		rrlog_writer_claim_batch(w);
		rec.output_bytes = w->last_output_bytes;
		err = append_locked(w, &rec);
		rrlog_writer_release_batch(w);
	}
	if (!err)
		*id = w->image_count++;
	pthread_mutex_unlock(&w->lock);
	return err;
}

int rrlog_writer_append_from_image(struct rrlog_writer *w,
				   const struct rrlog_record *dma,
				   uint32_t image, uint64_t image_offset)
{
	struct rrlog_record rec = *dma;
	int err = rrlog_record_check(dma);

	if (err)
		return err;
	if (dma->type != RRLOG_DMA || !dma->data_bytes || dma->in_blobs ||
	    image >= w->image_count)
		return -EINVAL;
	rec.type = RRLOG_DMA_IMAGE;
	rec.dma_image = (struct rrlog_dma_image_fields){
		.block = dma->dma.block,
		.offset = dma->dma.offset,
		.image = image,
		.image_offset = image_offset,
		.bytes = dma->data_bytes,
		.crc32c = rrlog_checksum(dma->data, dma->data_bytes),
	};
	rec.data = NULL;
	rec.data_bytes = 0;
	return append_fast(w, &rec);
}
