/*
 * A trace that is made of frames from the fuzzer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/file/format.h"

static char dir_path[64];
static int dir_fd = -1;

static void remove_dir(void)
{
	DIR *dir = opendir(dir_path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dir_fd, entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(dir_path);
}

const char *fuzz_dir(void)
{
	if (dir_fd >= 0)
		return dir_path;
	/* In memory, if the machine has a file system there. */
	strcpy(dir_path, "/dev/shm/rrlog-fuzz-XXXXXX");
	if (!mkdtemp(dir_path)) {
		strcpy(dir_path, "/tmp/rrlog-fuzz-XXXXXX");
		if (!mkdtemp(dir_path))
			abort();
	}
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY);
	if (dir_fd < 0)
		abort();
	atexit(remove_dir);
	return dir_path;
}

void fuzz_store(const char *name, const void *data, size_t bytes)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes)
		abort();
	close(fd);
}

void fuzz_remove(const char *name)
{
	unlinkat(dir_fd, name, 0);
}

/* Repair what a reader checks first, so that the fuzzer gets past it. */
static void repair_fields(struct rrlog_frame_header *h)
{
	h->magic = RRLOG_FRAME_MAGIC;
	h->codec %= 3;
	h->flags &= RRLOG_FRAME_OPTIONAL;
	h->salt = 0;
	if (!h->codec)
		h->raw_bytes = h->stored_bytes;
	if (h->kind == RRLOG_FRAME_BLOB_BYTES)
		h->item_count = h->raw_bytes;
}

/* Make each frame extend the chain; return the last value. */
static uint32_t repair_frames(uint8_t *file, size_t bytes, unsigned int mode,
			      uint32_t chain, uint64_t *items)
{
	size_t at = RRLOG_FRAMES_OFFSET;
	struct rrlog_frame_header h;

	while (at + sizeof(h) <= bytes) {
		size_t left_bytes = bytes - at - sizeof(h);
		size_t stored_bytes;

		memcpy(&h, file + at, sizeof(h));
		stored_bytes = MIN(h.stored_bytes, left_bytes);
		if (!(mode & FUZZ_KEEP_FIELDS)) {
			h.stored_bytes = (uint32_t)stored_bytes;
			repair_fields(&h);
		}
		h.first_ordinal = *items;
		h.chain = chain;
		h.stored_checksum =
			rrlog_checksum(file + at + sizeof(h), stored_bytes);
		chain = h.checksum =
			rrlog_checksum_continue(chain, &h, RRLOG_CHECKED_BYTES);
		*items += h.item_count;
		memcpy(file + at, &h, sizeof(h));
		at += sizeof(h) + stored_bytes;
	}
	return chain;
}

static void put_start(uint8_t *file, const char *magic,
		      uint32_t manifest_checksum, uint32_t *chain)
{
	struct rrlog_file_header h = {
		.version = RRLOG_FORMAT_VERSION,
		.must_features = RRLOG_MUST_KNOWN,
		.manifest_checksum = manifest_checksum,
	};

	memcpy(h.magic, magic, sizeof(h.magic));
	*chain = h.checksum = rrlog_checksum(&h, RRLOG_CHECKED_BYTES);
	memcpy(file, &h, sizeof(h));
}

static void put_state(uint8_t *file, bool complete, size_t bytes,
		      uint64_t items, uint32_t chain)
{
	struct rrlog_file_state s = { 0 };

	if (complete) {
		s.state = RRLOG_STATE_COMPLETE;
		s.total_bytes = bytes;
		s.total_items = items;
		s.chain = chain;
	}
	s.checksum = rrlog_checksum(&s, RRLOG_CHECKED_BYTES);
	memcpy(file + RRLOG_HEADER_BYTES, &s, sizeof(s));
}

/* Write a file of frames; return the chain value of the last one. */
static uint32_t store_frames(const char *name, const char *magic,
			     uint32_t manifest_checksum,
			     const struct fuzz_frames *frames)
{
	static uint8_t file[RRLOG_FRAMES_OFFSET + FUZZ_MAX_BYTES];
	size_t bytes = RRLOG_FRAMES_OFFSET + frames->size;
	uint32_t chain;
	uint64_t items = 0;

	if (frames->size > FUZZ_MAX_BYTES)
		abort();
	put_start(file, magic, manifest_checksum, &chain);
	if (frames->size)
		memcpy(file + RRLOG_FRAMES_OFFSET, frames->bytes, frames->size);
	if (!(frames->mode & FUZZ_AS_IS))
		chain = repair_frames(file, bytes, frames->mode, chain, &items);
	put_state(file, !(frames->mode & FUZZ_OPEN), bytes, items, chain);
	fuzz_store(name, file, bytes);
	return chain;
}

/* Write the manifest that describes these pages; return its checksum. */
static uint32_t store_manifest(size_t pages_bytes, uint32_t pages_chain)
{
	struct rrlog_block block = { FUZZ_BLOCK, "pc.ram", FUZZ_BLOCK_BYTES };
	struct rrlog_manifest m;
	uint32_t checksum;
	size_t bytes;
	char *text;

	rrlog_manifest_init(&m);
	m.pages_bytes = pages_bytes;
	m.pages_chain = pages_chain;
	rrlog_manifest_add_block(&m, &block);
	text = rrlog_manifest_format(&m, &bytes);
	checksum = rrlog_checksum(text, bytes);
	fuzz_store(RRLOG_FILE_MANIFEST, text, bytes);
	g_free(text);
	rrlog_manifest_free(&m);
	return checksum;
}

void fuzz_store_trace(const struct fuzz_trace *t)
{
	uint32_t chain, checksum;

	fuzz_dir();
	store_frames(RRLOG_FILE_BLOBS, RRLOG_MAGIC_BLOBS, 0, &t->blobs);
	chain = store_frames(RRLOG_FILE_PAGES, RRLOG_MAGIC_PAGES, 0, &t->pages);
	checksum = store_manifest(RRLOG_FRAMES_OFFSET + t->pages.size, chain);
	store_frames(RRLOG_FILE_EVENTS, RRLOG_MAGIC_EVENTS, checksum,
		     &t->events);
}

void fuzz_store_index(const struct fuzz_frames *index)
{
	store_frames(RRLOG_FILE_INDEX, RRLOG_MAGIC_INDEX, 0, index);
}

struct rrlog_reader *fuzz_open(unsigned int fetch)
{
	struct rrlog_reader *r;

	if (rrlog_reader_open(fuzz_dir(), &r))
		abort(); /* only the frames can be wrong */
	rrlog_reader_set_fetch(r, fetch);
	return r;
}

uint64_t fuzz_sum_record(const struct rrlog_record *rec)
{
	uint64_t sum = rec->type + rec->stamp * UINT64_C(31) +
		       rec->output_bytes * 37 + rec->landmark.branches * 41 +
		       rec->data_bytes * UINT64_C(43);
	size_t i;

	for (i = 0; i < RRLOG_MAX_FIELDS; i++)
		sum = sum * 47 + rec->field[i];
	/* NULL without RRLOG_FETCH_BLOBS. */
	if (!rec->data)
		return sum;
	return sum * 53 + rrlog_checksum(rec->data, rec->data_bytes);
}
