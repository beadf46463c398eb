/*
 * Fuzz target: the file "blobs", and records that refer to it. fuzz.h has the
 * form of the input.  The data of a record must be the bytes in its ranges, and
 * a reader that seeks must find the same record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/trace/cursor-internal.h"

#define MAX_STRING_BYTES (4u << 20)
#define MAX_SEEKS 8

/* A record that was read: its ordinal, and the sum of its content. */
struct seen {
	uint64_t number;
	uint64_t sum;
};

static void check_seek(const struct seen *seen)
{
	struct rrlog_reader *r = fuzz_open(RRLOG_FETCH_BLOBS);
	struct rrlog_record rec;

	if (rrlog_reader_seek_record(r, seen->number) ||
	    rrlog_reader_next(r, &rec) != 1 ||
	    fuzz_sum_record(&rec) != seen->sum)
		abort();
	rrlog_reader_close(r);
}

/* Read "blobs" as one string, as far as it is valid. */
static size_t read_string(struct rrlog_frame_reader *fr, uint8_t *out)
{
	size_t bytes = 0;

	while (rrlog_frame_next(fr) > 0 &&
	       fr->header.kind == RRLOG_FRAME_BLOB_BYTES &&
	       fr->header.item_count == fr->raw.used_bytes &&
	       fr->raw.used_bytes <= MAX_STRING_BYTES - bytes) {
		memcpy(out + bytes, fr->raw.bytes, fr->raw.used_bytes);
		bytes += fr->raw.used_bytes;
	}
	return bytes;
}

/* @rec must be what the stored record @bare stands for. */
static void check_record(const struct rrlog_record *rec,
			 const struct rrlog_record *bare, uint64_t expected,
			 const uint8_t *string, size_t bytes)
{
	const uint8_t *data = rec->data;
	struct rrlog_range_list list;
	struct rrlog_range range;
	uint64_t left = rec->data_bytes;

	if (rec->type != bare->type || rec->in_blobs)
		abort();
	if (!bare->in_blobs) {
		if (fuzz_sum_record(rec) != fuzz_sum_record(bare))
			abort();
		return;
	}
	if (rrlog_ranges_begin(&list, bare->data, bare->data_bytes, expected))
		abort();
	while (rrlog_ranges_next(&list, &range) > 0) {
		if (range.bytes > left || range.position > bytes ||
		    range.bytes > bytes - range.position ||
		    memcmp(data, string + range.position, range.bytes))
			abort();
		data += range.bytes;
		left -= range.bytes;
	}
	if (left)
		abort();
}

/* Read all records; note some in @seen and return how many. */
static size_t read_records(struct seen *seen, unsigned int step)
{
	static uint8_t string[MAX_STRING_BYTES];
	struct rrlog_reader *r = fuzz_open(RRLOG_FETCH_BLOBS);
	struct rrlog_reader *bare = fuzz_open(0);
	size_t n = 0, bytes = read_string(&bare->blobs.frames, string);
	struct rrlog_reader_position p;
	struct rrlog_record rec, stored;
	int ret;

	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		do
			ret = rrlog_cursor_next(bare, &stored);
		while (ret == -EAGAIN);
		if (ret <= 0)
			abort();
		check_record(&rec, &stored, bare->blob_expected_before, string,
			     bytes);
		rrlog_reader_position(r, &p);
		if (p.record_count % step == 0 && n < MAX_SEEKS)
			seen[n++] = (struct seen){ p.record_count - 1,
						   fuzz_sum_record(&rec) };
	}
	if (ret < 0 && !rrlog_reader_error(r)[0])
		abort(); /* an error without a text */
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
