/*
 * Fuzz target: frames, records and pages of a whole trace.  The input is one
 * byte that chooses the file (events or pages), then frames; their checksums
 * and chain are made right here, as a hostile writer would, so that the
 * fuzzer gets past them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"
#include "manifest.h"

#define MAX_INPUT_BYTES 65536
#define INCOMPLETE 2 /* bit of the first byte of the input: leave it open */

static int dir_fd;
static const char *dir;

/* Make each frame of the file continue the chain; returns the last value. */
static uint32_t repair_frames(uint8_t *file, size_t bytes, uint32_t chain,
			      uint64_t *items)
{
	size_t at = RRLOG_FRAMES_OFFSET;
	struct rrlog_frame_header h;

	*items = 0;
	while (at + sizeof(h) <= bytes) {
		memcpy(&h, file + at, sizeof(h));
		if (h.stored_bytes > bytes - at - sizeof(h))
			h.stored_bytes = (uint32_t)(bytes - at - sizeof(h));
		h.magic = RRLOG_FRAME_MAGIC;
		h.codec %= 3;
		h.flags &= RRLOG_FRAME_OPTIONAL;
		h.salt = 0;
		if (!h.codec)
			h.raw_bytes = h.stored_bytes;
		h.first_item = *items;
		h.chain = chain;
		h.stored_checksum = rrlog_checksum(file + at + sizeof(h),
						   h.stored_bytes);
		chain = h.checksum = rrlog_checksum_continue(
			chain, &h, RRLOG_CHECKED_BYTES);
		*items += h.item_count;
		memcpy(file + at, &h, sizeof(h));
		at += sizeof(h) + h.stored_bytes;
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

/* The manifest that names these pages; returns its checksum. */
static uint32_t store_manifest(size_t pages_bytes, uint32_t pages_chain)
{
	struct rrlog_block block = { 3, "pc.ram", 4096 * 1024 };
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
	fuzz_store(dir_fd, RRLOG_FILE_MANIFEST, text, bytes);
	g_free(text);
	rrlog_manifest_free(&m);
	return checksum;
}

static uint32_t store_file(const char *name, const char *magic,
			   uint32_t manifest_checksum, bool complete,
			   const uint8_t *frames, size_t frames_bytes)
{
	static uint8_t file[RRLOG_FRAMES_OFFSET + MAX_INPUT_BYTES];
	size_t bytes = RRLOG_FRAMES_OFFSET + frames_bytes;
	uint32_t chain;
	uint64_t items;

	put_start(file, magic, manifest_checksum, &chain);
	if (frames_bytes)
		memcpy(file + RRLOG_FRAMES_OFFSET, frames, frames_bytes);
	chain = repair_frames(file, bytes, chain, &items);
	put_state(file, complete, bytes, items, chain);
	fuzz_store(dir_fd, name, file, bytes);
	return chain;
}

static int touch_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	(void)block, (void)page_index;
	*(uint64_t *)opaque += rrlog_checksum(page, RRLOG_PAGE_BYTES);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct rrlog_reader *r;
	struct rrlog_record rec;
	uint64_t sum = 0;
	uint32_t chain;
	bool pages, complete;

	if (!dir)
		dir = fuzz_dir(&dir_fd);
	if (!bytes || bytes > MAX_INPUT_BYTES)
		return -1;
	pages = data[0] & 1;
	complete = !(data[0] & INCOMPLETE);
	data++, bytes--;
	chain = store_file(RRLOG_FILE_PAGES, RRLOG_MAGIC_PAGES, 0, true, data,
			   pages ? bytes : 0);
	store_file(RRLOG_FILE_BLOBS, RRLOG_MAGIC_BLOBS, 0, true, data, 0);
	chain = store_manifest(RRLOG_FRAMES_OFFSET + (pages ? bytes : 0),
			       chain);
	store_file(RRLOG_FILE_EVENTS, RRLOG_MAGIC_EVENTS, chain, complete, data,
		   pages ? 0 : bytes);
	if (rrlog_reader_open(dir, &r))
		abort(); /* we made all but the frames */
	/* Never open what a path in the input names. */
	rrlog_reader_set_resolve(r, RRLOG_RESOLVE_BLOBS);
	if (!rrlog_reader_for_each_page(r, touch_page, &sum)) {
		while (rrlog_reader_next(r, &rec) > 0) {
			if (rec.data_bytes)
				sum += rrlog_checksum(rec.data, rec.data_bytes);
		}
	}
	rrlog_reader_close(r);
	return 0;
}
