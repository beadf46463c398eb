/*
 * Fuzz target: the file "pages".  The input is a byte of mode (fuzz.h), then
 * frames.  Every page that is handed out lies in the block.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdlib.h>

static int touch_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	const uint8_t *p = page;
	size_t i;

	if (block != FUZZ_BLOCK ||
	    page_index >= FUZZ_BLOCK_BYTES / RRLOG_PAGE_BYTES)
		abort();
	for (i = 0; i < RRLOG_PAGE_BYTES; i++)
		*(uint64_t *)opaque += p[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_frames pages = { 0 }, events = { 0 };
	struct rrlog_reader *r;
	uint64_t sum = 0;

	if (!bytes || bytes > FUZZ_MAX_BYTES)
		return -1;
	pages.mode = data[0];
	pages.bytes = data + 1;
	pages.size = bytes - 1;
	fuzz_store_trace(&pages, &events);
	if (rrlog_reader_open(fuzz_dir(), &r))
		abort(); /* all but the frames is right */
	rrlog_reader_for_each_page(r, touch_page, &sum);
	rrlog_reader_close(r);
	return 0;
}
