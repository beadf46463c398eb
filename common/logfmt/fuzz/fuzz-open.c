/*
 * Fuzz target: opening a trace, and all functions that read its manifest.  The
 * input is the start of the file "events", then the manifest.  If the state
 * byte of "events" is even, the checksums are repaired.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/file/format.h"

_Static_assert(FUZZ_START_BYTES == RRLOG_FRAMES_OFFSET, "size");

static void repair(uint8_t *start, const uint8_t *manifest, size_t bytes)
{
	struct rrlog_file_header h;
	struct rrlog_file_state s;

	memcpy(&h, start, sizeof(h));
	memcpy(&s, start + sizeof(h), sizeof(s));
	h.manifest_checksum = rrlog_checksum(manifest, bytes);
	h.checksum = rrlog_checksum(&h, RRLOG_CHECKED_BYTES);
	s.state /= 2;
	s.checksum = rrlog_checksum(&s, RRLOG_CHECKED_BYTES);
	memcpy(start, &h, sizeof(h));
	memcpy(start + sizeof(h), &s, sizeof(s));
}

static void read_entries(const struct rrlog_reader *r)
{
	uint64_t number;
	size_t i, bytes;
	void *data;

	for (i = 0; i < rrlog_reader_manifest_count(r); i++) {
		const char *key = rrlog_reader_manifest_key(r, i);

		if (!rrlog_reader_manifest(r, key))
			abort(); /* a key without a value */
		rrlog_reader_manifest_u64(r, key, &number);
		if (!rrlog_reader_manifest_bytes(r, key, &data, &bytes))
			free(data);
	}
}

static void read_blocks(const struct rrlog_reader *r)
{
	size_t i;

	for (i = 0; i < rrlog_reader_block_count(r); i++) {
		const struct rrlog_block *block = rrlog_reader_block(r, i);

		if (block->id >= RRLOG_MAX_BLOCKS || !block->size_bytes ||
		    block->size_bytes % RRLOG_PAGE_BYTES ||
		    strlen(block->name) >= sizeof(block->name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct fuzz_trace none = { 0 };
	uint8_t start[FUZZ_START_BYTES];
	struct rrlog_reader_position p;
	struct rrlog_reader *r;

	if (bytes < sizeof(start) || bytes > FUZZ_MAX_BYTES)
		return -1;
	memcpy(start, data, sizeof(start));
	data += sizeof(start), bytes -= sizeof(start);
	if (!(start[RRLOG_HEADER_BYTES] & 1))
		repair(start, data, bytes);
	fuzz_store_trace(&none); /* for the files that are not fuzzed */
	fuzz_store(RRLOG_FILE_MANIFEST, data, bytes);
	fuzz_store(RRLOG_FILE_EVENTS, start, sizeof(start));
	if (!rrlog_reader_open(fuzz_dir(), &r)) {
		read_entries(r);
		read_blocks(r);
		rrlog_reader_position(r, &p);
	} else if (!rrlog_reader_error(r)[0]) {
		abort(); /* an error without a text */
	}
	rrlog_reader_close(r);
	return 0;
}
