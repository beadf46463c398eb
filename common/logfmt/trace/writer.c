/*
 * Creating, starting and closing a trace.  Appending is in writer-append.c, and
 * the thread that writes in writer-thread.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/writer-state-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/base/io.h"
#include "common/logfmt/trace/remove-internal.h"

static void init_sync(struct rrlog_writer *w)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->room, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->work, &attr);
	pthread_condattr_destroy(&attr);
}

static void free_spares(struct rrlog_spares *spares)
{
	while (spares->count)
		rrlog_buffer_free(&spares->buffer[--spares->count]);
}

static void free_writer(struct rrlog_writer *w)
{
	unsigned int i;

	rrlog_page_writer_close(&w->pages);
	rrlog_frame_writer_close(&w->events);
	rrlog_index_writer_close(&w->index, false);
	rrlog_frame_writer_close(&w->blobs);
	rrlog_blob_writer_free(&w->blob_table);
	rrlog_manifest_free(&w->manifest);
	rrlog_manifest_free(&w->end);
	rrlog_buffer_free(&w->current.raw);
	rrlog_buffer_free(&w->current.blobs);
	free_spares(&w->spare);
	free_spares(&w->spare_blobs);
	for (i = 0; i < RRLOG_QUEUE_FRAMES; i++) {
		rrlog_buffer_free(&w->queue[i].raw);
		rrlog_buffer_free(&w->queue[i].blobs);
	}
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->room);
	pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w);
}

int rrlog_writer_create(const char *path, const char *codec,
			struct rrlog_writer **writer)
{
	int codec_or_err = rrlog_codec_find(codec);
	struct rrlog_writer *w;
	int err;

	*writer = NULL;
	if (codec_or_err < 0)
		return codec_or_err;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	init_sync(w);
	rrlog_manifest_init(&w->manifest);
	rrlog_manifest_init(&w->end);
	w->dir_fd = w->pages.frames.fd = w->events.fd = -1;
	w->blobs.fd = w->index.frames.fd = -1;
	w->codec = w->events.compressor.codec = w->blobs.compressor.codec =
		(enum rrlog_codec)codec_or_err;
	w->path = strdup(path);
	err = -ENOMEM;
	if (!w->path)
		goto fail;
	err = -EIO;
	if (getrandom(w->manifest.trace_id, sizeof(w->manifest.trace_id), 0) !=
	    sizeof(w->manifest.trace_id))
		goto fail;
	err = rrlog_blob_writer_init(&w->blob_table);
	if (err)
		goto fail;
	err = w->dir_fd = rrlog_create_dir(path);
	if (err < 0)
		goto fail;
	err = rrlog_page_writer_create(&w->pages, w->dir_fd, w->codec,
				       w->manifest.trace_id);
	if (err)
		goto fail;
	*writer = w;
	return 0;
fail:
	if (w->dir_fd >= 0)
		rrlog_remove_files(w->dir_fd, path);
	free_writer(w);
	return err;
}

/* ---- before the start ---- */

int rrlog_writer_manifest_set(struct rrlog_writer *w, const char *key,
			      const char *value)
{
	return w->started ? -EBUSY :
			    rrlog_manifest_set(&w->manifest, key, value);
}

int rrlog_writer_end_set(struct rrlog_writer *w, const char *key,
			 const char *value)
{
	return rrlog_manifest_set(&w->end, key, value);
}

int rrlog_writer_manifest_set_u64(struct rrlog_writer *w, const char *key,
				  uint64_t value)
{
	char *text = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)value);
	int err = rrlog_writer_manifest_set(w, key, text);

	g_free(text);
	return err;
}

int rrlog_writer_manifest_set_bytes(struct rrlog_writer *w, const char *key,
				    const void *data, size_t bytes)
{
	char *text = g_base64_encode(data, bytes);
	int err = rrlog_writer_manifest_set(w, key, text);

	g_free(text);
	return err;
}

int rrlog_writer_add_block(struct rrlog_writer *w,
			   const struct rrlog_block *block)
{
	return w->started ? -EBUSY :
			    rrlog_manifest_add_block(&w->manifest, block);
}

static int set_feature(struct rrlog_writer *w, uint64_t feature)
{
	if (w->started)
		return -EBUSY;
	w->must_features |= feature;
	return 0;
}

int rrlog_writer_set_tlb_flushes(struct rrlog_writer *w)
{
	return set_feature(w, RRLOG_MUST_TLB_FLUSHES);
}

int rrlog_writer_set_pte_bits(struct rrlog_writer *w)
{
	return set_feature(w, RRLOG_MUST_PTE_BITS);
}

int rrlog_writer_set_late_start(struct rrlog_writer *w)
{
	return set_feature(w, RRLOG_MUST_LATE_START);
}

int rrlog_writer_set_words(struct rrlog_writer *w)
{
	return set_feature(w, RRLOG_MUST_WORDS);
}

/* Set the text "TRACE/FILE: reason"; return @err. */
static int fail_at(struct rrlog_writer *w, int err, const char *file)
{
	return rrlog_fail(&w->error, err, "%s/%s: %s", w->path, file,
			  strerror(-err));
}

int rrlog_writer_put_page(struct rrlog_writer *w, uint32_t block,
			  uint64_t page_index, const void *page)
{
	struct rrlog_page_id place = { block, page_index };
	int err;

	if (w->started)
		return -EBUSY;
	if (w->failed)
		return w->failed;
	if (block >= RRLOG_MAX_BLOCKS)
		return -EINVAL;
	if (page_index >= w->page_limit[block])
		w->page_limit[block] = page_index + 1;
	err = rrlog_page_writer_put(&w->pages, &place, page);
	if (err)
		w->failed = fail_at(w, err, RRLOG_FILE_PAGES);
	return err;
}

/* Each page that was put lies in a block. */
static int check_pages(const struct rrlog_writer *w)
{
	const struct rrlog_block *block;
	uint32_t id;

	for (id = 0; id < RRLOG_MAX_BLOCKS; id++) {
		if (!w->page_limit[id])
			continue;
		block = rrlog_manifest_find_block(&w->manifest, id);
		if (!block ||
		    w->page_limit[id] > block->size_bytes / RRLOG_PAGE_BYTES)
			return -EINVAL;
	}
	return 0;
}

/* The file @name exists once it is whole. */
static int write_manifest_file(struct rrlog_writer *w, const char *name,
			       const char *text, size_t bytes)
{
	char temporary[sizeof(RRLOG_FILE_MANIFEST_END ".tmp")];
	int fd, err;

	snprintf(temporary, sizeof(temporary), "%s.tmp", name);
	fd = rrlog_create_file(w->dir_fd, temporary);
	if (fd < 0)
		return fd;
	err = rrlog_write_all(fd, text, bytes, 0);
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (err)
		return err;
	if (renameat(w->dir_fd, temporary, w->dir_fd, name))
		return -errno;
	return 0;
}

static int seal_manifest(struct rrlog_writer *w, uint32_t *checksum)
{
	size_t bytes;
	char *text;
	int err;

	w->manifest.pages_bytes = w->pages.frames.offset;
	w->manifest.pages_chain = w->pages.frames.chain;
	text = rrlog_manifest_format(&w->manifest, &bytes);
	if (!text)
		return -E2BIG;
	*checksum = rrlog_checksum(text, bytes);
	err = write_manifest_file(w, RRLOG_FILE_MANIFEST, text, bytes);
	g_free(text);
	return err;
}

static int create_blobs(struct rrlog_writer *w)
{
	struct rrlog_file_header h = { .magic = RRLOG_MAGIC_BLOBS };
	int err;

	memcpy(h.trace_id, w->manifest.trace_id, sizeof(h.trace_id));
	err = rrlog_frame_writer_create(&w->blobs, w->dir_fd, RRLOG_FILE_BLOBS,
					&h);
	if (!err && fsync(w->blobs.fd))
		err = -errno;
	return err;
}

static int create_events(struct rrlog_writer *w, uint32_t manifest_checksum)
{
	struct rrlog_file_header h = {
		.magic = RRLOG_MAGIC_EVENTS,
		.must_features = w->must_features,
		.manifest_checksum = manifest_checksum,
	};
	int err;

	memcpy(h.trace_id, w->manifest.trace_id, sizeof(h.trace_id));
	err = rrlog_frame_writer_create(&w->events, w->dir_fd,
					RRLOG_FILE_EVENTS, &h);
	if (!err)
		err = rrlog_index_writer_create(&w->index, w->dir_fd,
						w->manifest.trace_id);
	if (!err && (fsync(w->events.fd) || fsync(w->dir_fd)))
		err = -errno;
	return err;
}

int rrlog_writer_start(struct rrlog_writer *w)
{
	const char *file = RRLOG_FILE_PAGES;
	uint32_t manifest_checksum;
	int err;

	if (w->started)
		return -EBUSY;
	if (w->failed)
		return w->failed;
	err = check_pages(w);
	if (!err)
		err = rrlog_page_writer_finish(&w->pages);
	if (err)
		goto fail;
	file = RRLOG_FILE_MANIFEST;
	err = seal_manifest(w, &manifest_checksum);
	if (err)
		goto fail;
	file = RRLOG_FILE_BLOBS;
	err = create_blobs(w);
	if (err)
		goto fail;
	file = RRLOG_FILE_EVENTS;
	err = create_events(w, manifest_checksum);
	if (err)
		goto fail;
	rrlog_page_writer_close(&w->pages);
	w->stored_bytes = w->events.offset + w->blobs.offset;
	w->start_ns = rrlog_now_ns();
	err = rrlog_writer_thread_start(w);
	if (err)
		goto fail;
	w->started = true;
	return 0;
fail:
	w->failed = fail_at(w, err, file);
	return err;
}

/* ---- while recording ---- */

void rrlog_writer_set_fsync(struct rrlog_writer *w, bool sync)
{
	pthread_mutex_lock(&w->lock);
	w->sync = sync;
	pthread_mutex_unlock(&w->lock);
}

int rrlog_writer_flush(struct rrlog_writer *w)
{
	uint64_t target;
	int err;

	if (!w->started)
		return w->failed;
	pthread_mutex_lock(&w->lock);
	rrlog_writer_claim_batch(w);
	target = w->appended_count;
	rrlog_writer_release_batch(w);
	if (target > w->flush_count)
		w->flush_count = target;
	pthread_cond_signal(&w->work);
	while (!w->failed && w->written_count < target)
		pthread_cond_wait(&w->room, &w->lock);
	err = w->failed;
	pthread_mutex_unlock(&w->lock);
	return err;
}

void rrlog_writer_stats(struct rrlog_writer *w, uint64_t *records,
			uint64_t *raw_bytes, uint64_t *stored_bytes)
{
	pthread_mutex_lock(&w->lock);
	rrlog_writer_claim_batch(w);
	if (records)
		*records = w->appended_count;
	if (raw_bytes)
		*raw_bytes = w->raw_bytes;
	rrlog_writer_release_batch(w);
	if (stored_bytes)
		*stored_bytes = w->stored_bytes;
	pthread_mutex_unlock(&w->lock);
}

uint64_t rrlog_writer_wait_ns(struct rrlog_writer *w)
{
	uint64_t wait_ns;

	pthread_mutex_lock(&w->lock);
	wait_ns = w->wait_ns;
	pthread_mutex_unlock(&w->lock);
	return wait_ns;
}

static int write_end(struct rrlog_writer *w)
{
	size_t bytes;
	char *text;
	int err;

	if (!w->end.keys->len)
		return 0;
	memcpy(w->end.trace_id, w->manifest.trace_id, sizeof(w->end.trace_id));
	text = rrlog_manifest_format_end(&w->end, &bytes);
	if (!text)
		return -E2BIG;
	err = write_manifest_file(w, RRLOG_FILE_MANIFEST_END, text, bytes);
	g_free(text);
	return err;
}

static int complete_files(struct rrlog_writer *w)
{
	int err = write_end(w);

	if (!err)
		err = rrlog_frame_writer_complete(&w->blobs);
	if (!err)
		err = rrlog_frame_writer_complete(&w->events);
	if (!err)
		rrlog_index_writer_close(&w->index, true);
	return err;
}

int rrlog_writer_close(struct rrlog_writer *w, bool clean)
{
	int err;

	if (!w)
		return 0;
	if (w->started)
		rrlog_writer_thread_stop(w);
	else
		rrlog_remove_files(w->dir_fd, w->path);
	err = w->failed;
	if (!err && w->started && clean)
		err = complete_files(w);
	free_writer(w);
	return err;
}

const char *rrlog_writer_error(const struct rrlog_writer *w)
{
	return w->error.text;
}
