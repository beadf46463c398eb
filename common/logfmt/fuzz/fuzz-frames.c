/*
 * Fuzz target: the frames of the file "events" and the records in them.  The
 * input is a byte of mode (fuzz.h), then frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <stdlib.h>

/* Read all records; return a sum of all bytes of data, to read each of them. */
static uint64_t read_records(struct rrlog_reader *r, uint64_t *count)
{
	struct rrlog_record rec;
	uint64_t sum = 0;
	size_t i;

	*count = 0;
	while (rrlog_reader_next(r, &rec) > 0) {
		for (i = 0; i < rec.data_bytes; i++)
			sum += ((const uint8_t *)rec.data)[i];
		++*count;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_trace t = { 0 };
	uint64_t sum, count, count_again;
	struct rrlog_mark *begin, *end = NULL;
	struct rrlog_reader *r;

	if (!bytes || bytes > FUZZ_MAX_BYTES)
		return -1;
	t.events.mode = data[0];
	t.events.bytes = data + 1;
	t.events.size = bytes - 1;
	fuzz_store_trace(&t);
	if (rrlog_reader_open(fuzz_dir(), &r))
		abort(); /* only the frames can be wrong */
	/* Do not open the paths in the input. */
	rrlog_reader_set_fetch(r, RRLOG_FETCH_BLOBS);
	if (rrlog_reader_mark(r, &begin))
		abort();
	sum = read_records(r, &count);
	rrlog_reader_mark(r, &end); /* not if there is damage */
	/* A second pass must find the same. */
	if (!rrlog_reader_rewind(r) &&
	    (read_records(r, &count_again) != sum || count_again != count))
		abort();
	/* And so must one from a mark, whatever ended the one before. */
	if (rrlog_reader_return(r, begin) ||
	    read_records(r, &count_again) != sum || count_again != count)
		abort();
	if (end && (rrlog_reader_return(r, end) ||
		    read_records(r, &count_again) || count_again))
		abort();
	rrlog_mark_free(begin);
	rrlog_mark_free(end);
	rrlog_reader_close(r);
	return 0;
}
