/*
 * Fuzz target: the file "pages".  fuzz.h has the form of the input.  Every page
 * that the reader passes on must lie in the block.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/logfmt/file/format.h"

#define MAX_FRAME_BYTES \
	(RRLOG_HEADER_BYTES + UINT8_MAX + FUZZ_MAX_PAGES * RRLOG_PAGE_BYTES)

/* Make the frame that the input describes; return its size. */
static size_t expand_frame(const uint8_t *data, size_t bytes, uint8_t *out)
{
	struct rrlog_frame_header h = { .kind = data[0],
					.item_count = data[1] };
	size_t pages_bytes = 0;

	if (h.kind == RRLOG_FRAME_PAGE_CONTENTS) {
		h.item_count %= FUZZ_MAX_PAGES;
		pages_bytes = h.item_count * RRLOG_PAGE_BYTES;
	}
	h.stored_bytes = (uint32_t)(bytes + pages_bytes);
	/* Some frames claim one page more than they have. */
	h.item_count += data[1] > UINT8_MAX - 16;
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), data + FUZZ_PAGE_FRAME_BYTES, bytes);
	memset(out + sizeof(h) + bytes, data[1], pages_bytes);
	return sizeof(h) + bytes + pages_bytes;
}

static size_t expand(const uint8_t *data, size_t bytes, uint8_t *out)
{
	size_t used = 0;

	while (bytes > FUZZ_PAGE_FRAME_BYTES) {
		size_t more = data[2];

		if (more > bytes - FUZZ_PAGE_FRAME_BYTES)
			more = bytes - FUZZ_PAGE_FRAME_BYTES;
		if (!more || used + MAX_FRAME_BYTES > FUZZ_MAX_BYTES)
			break;
		used += expand_frame(data, more, out + used);
		data += FUZZ_PAGE_FRAME_BYTES + more;
		bytes -= FUZZ_PAGE_FRAME_BYTES + more;
	}
	return used;
}

static bool seen[FUZZ_BLOCK_BYTES / RRLOG_PAGE_BYTES];

static int touch_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	const uint8_t *p = page;
	uint64_t word;
	size_t i;

	if (block != FUZZ_BLOCK ||
	    page_index >= FUZZ_BLOCK_BYTES / RRLOG_PAGE_BYTES ||
	    seen[page_index])
		abort();
	seen[page_index] = true;
	for (i = 0; i < RRLOG_PAGE_BYTES; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word)); /* not aligned */
		*(uint64_t *)opaque += word;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t file[FUZZ_MAX_BYTES];
	struct fuzz_trace t = { .pages.bytes = file };
	struct rrlog_reader *r;
	uint64_t sum = 0;

	t.pages.size = expand(data, bytes, file);
	fuzz_store_trace(&t);
	memset(seen, 0, sizeof(seen));
	if (rrlog_reader_open(fuzz_dir(), &r))
		abort(); /* only the frames can be wrong */
	rrlog_reader_for_each_page(r, touch_page, &sum);
	rrlog_reader_close(r);
	return 0;
}
