/*
 * Fuzz target: the file "blobs", and records that refer to it (the form of the
 * input is in fuzz.h).  What a record says without its bytes must be true of
 * them, and a reader that seeks finds the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <stdlib.h>

#define MAX_SEEKS 8

/* Where a record is, and what was in it. */
struct seen {
	uint64_t number;
	uint64_t sum;
};

static void check_seek(const struct seen *seen)
{
	struct rrlog_reader *r = fuzz_open(RRLOG_RESOLVE_BLOBS);
	struct rrlog_record rec;

	if (rrlog_reader_seek_record(r, seen->number) ||
	    rrlog_reader_next(r, &rec) != 1 ||
	    fuzz_sum_record(&rec) != seen->sum)
		abort();
	rrlog_reader_close(r);
}

/* Reads all; some of it is kept in @seen.  Returns their number. */
static size_t read_records(struct seen *seen, unsigned int step)
{
	struct rrlog_reader *r = fuzz_open(RRLOG_RESOLVE_BLOBS);
	struct rrlog_reader *bare = fuzz_open(0);
	struct rrlog_reader_position p;
	struct rrlog_record rec, bare_rec;
	size_t n = 0;
	int ret;

	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		if (rrlog_reader_next(bare, &bare_rec) != 1 ||
		    bare_rec.type != rec.type ||
		    bare_rec.data_bytes != rec.data_bytes || rec.in_blobs)
			abort();
		rrlog_reader_position(r, &p);
		if (p.record_count % step || n == MAX_SEEKS)
			fuzz_sum_record(&rec);
		else
			seen[n++] = (struct seen){ p.record_count - 1,
						   fuzz_sum_record(&rec) };
	}
	if (ret < 0 && !rrlog_reader_error(r)[0])
		abort(); /* no reason given */
	rrlog_reader_close(bare);
	rrlog_reader_close(r);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct seen seen[MAX_SEEKS];
	struct fuzz_trace t = { 0 };
	size_t n;

	if (bytes < FUZZ_SPLIT_BYTES || bytes > FUZZ_MAX_BYTES)
		return -1;
	t.events.mode = data[0] % FUZZ_MODES;
	t.blobs.mode = data[0] / FUZZ_MODES % FUZZ_MODES;
	t.blobs.size = data[1] | data[2] << 8;
	data += FUZZ_SPLIT_BYTES;
	bytes -= FUZZ_SPLIT_BYTES;
	if (t.blobs.size > bytes)
		t.blobs.size = bytes;
	t.blobs.bytes = data;
	t.events.bytes = data + t.blobs.size;
	t.events.size = bytes - t.blobs.size;
	fuzz_store_trace(&t);
	n = read_records(seen, 1 + bytes % 5);
	while (n)
		check_seek(&seen[--n]);
	return 0;
}
