/*
 * Fuzz target: the file "index" of a trace that is otherwise valid. fuzz.h has
 * the form of the input.  Whatever is in it, each seek must find the same as
 * without an index.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/logfmt/trace/reader-state-internal.h"
#include "common/logfmt/base/varint.h"

#define FRAMES 40
#define FRAME_RECORDS 4
#define RECORDS (FRAMES * FRAME_RECORDS)
#define BLOB_FRAME_BYTES 600
#define FRAME_BYTES 1024 /* no frame here is larger */
#define SEEKS (3 * FRAMES)
#define MAX_SEEKS 40 /* for each input */

/* What each seek finds without an index. */
static struct {
	int ret;
	uint64_t number, sum;
} found[SEEKS];

/* The true refs of the frames of "events" and "blobs". */
static struct rrlog_frame_ref refs[2][FRAMES];

/* ---- the trace ---- */

/* Every second record has a range of "blobs", in any of its frames. */
static size_t put_range(unsigned int n, uint64_t *expected, uint8_t *out)
{
	uint64_t position = n * 7 % FRAMES * BLOB_FRAME_BYTES + n % 100;
	uint8_t *end = rrlog_put_varint(out, 40 + n);

	end = rrlog_put_varint(end, rrlog_zigzag(position - *expected));
	end = rrlog_put_varint(end, 40 + n);
	*expected = position + 40 + n;
	return (size_t)(end - out);
}

static size_t put_header(uint8_t *out, unsigned int kind, unsigned int frame,
			 size_t bytes, uint32_t items)
{
	struct rrlog_frame_header h = {
		.kind = (uint8_t)kind,
		.raw_bytes = (uint32_t)bytes,
		.stored_bytes = (uint32_t)bytes,
		.item_count = items,
		/* Some frames have the same time. */
		.time_ns = frame / 3 * UINT64_C(50000000),
	};

	if (kind == RRLOG_FRAME_RECORDS)
		h.first_branches = frame / 2 * 5000;
	memcpy(out, &h, sizeof(h));
	return sizeof(h) + bytes;
}

static size_t put_records(unsigned int frame, uint8_t *out)
{
	static struct rrlog_prediction p;
	uint64_t expected = 0;
	uint8_t *begin = out + RRLOG_HEADER_BYTES, *end = begin;
	unsigned int i;

	rrlog_prediction_reset(&p);
	for (i = 0; i < FRAME_RECORDS; i++) {
		unsigned int n = frame * FRAME_RECORDS + i;
		struct rrlog_record rec = { .type = RRLOG_DMA,
					    .output_bytes = n * 3,
					    .dma = { .block = n,
						     .offset = n % 5 } };
		uint8_t list[3 * RRLOG_VARINT_MAX_BYTES];

		rec.data = list;
		rec.in_blobs = n % 2;
		if (rec.in_blobs)
			rec.data_bytes = put_range(n, &expected, list);
		end += rrlog_record_encode(&p, &rec, end);
	}
	return put_header(out, RRLOG_FRAME_RECORDS, frame,
			  (size_t)(end - begin), FRAME_RECORDS);
}

static size_t put_blobs(unsigned int frame, uint8_t *out)
{
	unsigned int i;

	for (i = 0; i < BLOB_FRAME_BYTES; i++)
		out[RRLOG_HEADER_BYTES + i] = (uint8_t)(frame * 3 + i);
	return put_header(out, RRLOG_FRAME_BLOB_BYTES, frame, BLOB_FRAME_BYTES,
			  BLOB_FRAME_BYTES);
}

static void store_trace(void)
{
	static uint8_t events[FRAMES * FRAME_BYTES], blobs[sizeof(events)];
	struct fuzz_trace t = { .events.bytes = events, .blobs.bytes = blobs };
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		t.events.size += put_records(i, events + t.events.size);
		t.blobs.size += put_blobs(i, blobs + t.blobs.size);
	}
	fuzz_store_trace(&t);
}

static void learn_refs(struct rrlog_frame_reader *fr,
		       struct rrlog_frame_ref *out)
{
	while (rrlog_frame_next_header(fr) > 0)
		;
	if (fr->table.count != FRAMES)
		abort();
	memcpy(out, fr->table.refs, FRAMES * sizeof(*out));
}

/* ---- seeks ---- */

static int seek(struct rrlog_reader *r, unsigned int i)
{
	uint64_t target = i / 3;

	/* To where a frame begins, and to just before. */
	switch (i % 3) {
	case 0:
		return rrlog_reader_seek_record(r, target * RECORDS / FRAMES +
							   target % 6);
	case 1:
		return rrlog_reader_seek_branches(
			r, target / 2 * 5000 - (target > 1 && target % 2));
	default:
		return rrlog_reader_seek_time_ns(
			r, target / 2 * 50000000 - (target > 1 && target % 2));
	}
}

/* Seek; get the ordinal of the next record and a sum of some records. */
static int seek_and_read(struct rrlog_reader *r, unsigned int i,
			 uint64_t *number, uint64_t *sum)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	int ret = seek(r, i);
	unsigned int n;

	rrlog_reader_position(r, &p);
	*number = p.record_count;
	*sum = p.frame_offset;
	for (n = 0; !ret && n < FRAME_RECORDS; n++) {
		ret = rrlog_reader_next(r, &rec);
		if (ret <= 0)
			break;
		*sum = *sum * 59 + fuzz_sum_record(&rec);
		ret = 0;
	}
	return ret;
}

static void learn(void)
{
	struct rrlog_reader *r;
	unsigned int i;

	store_trace();
	r = fuzz_open(RRLOG_FETCH_BLOBS);
	learn_refs(&r->events, refs[0]);
	learn_refs(&r->blobs.frames, refs[1]);
	rrlog_reader_close(r);
	for (i = 0; i < SEEKS; i++) {
		r = fuzz_open(RRLOG_FETCH_BLOBS);
		found[i].ret =
			seek_and_read(r, i, &found[i].number, &found[i].sum);
		if (found[i].ret && found[i].ret != -ERANGE)
			abort();
		rrlog_reader_close(r);
	}
}

static void check_seeks(unsigned int first, unsigned int step)
{
	struct rrlog_reader *r = fuzz_open(RRLOG_FETCH_BLOBS);
	uint64_t number, sum;
	unsigned int n;

	for (n = 0; n < MAX_SEEKS; n++) {
		unsigned int i = (first + n * step) % SEEKS;

		if (seek_and_read(r, i, &number, &sum) != found[i].ret ||
		    number != found[i].number || sum != found[i].sum)
			abort();
	}
	rrlog_reader_close(r);
}

/* ---- the index ---- */

static struct rrlog_frame_ref make_ref(unsigned int kind, const uint8_t *data)
{
	struct rrlog_frame_ref ref = refs[kind][data[0] % FRAMES];
	uint64_t delta = (uint64_t)(int8_t)data[2];

	ref.offset += data[1] & 1 ? delta : 0;
	ref.first_ordinal += data[1] & 2 ? delta : 0;
	ref.first_branches += data[1] & 4 ? delta * 833 : 0;
	ref.time_ns += data[1] & 8 ? delta * 1000000 : 0;
	ref.chain += data[1] & 16 ? (uint32_t)delta : 0;
	ref.reserved_zero += data[1] & 32 ? (uint32_t)delta : 0;
	/* The offset of another frame. */
	if (data[1] & 64)
		ref.offset = refs[kind][data[2] % FRAMES].offset;
	if (data[1] & 128)
		ref.offset = refs[!kind][data[2] % FRAMES].offset;
	return ref;
}

static size_t expand(const uint8_t *data, size_t bytes, uint8_t *out)
{
	size_t used = 0;

	while (bytes > 2 &&
	       used + RRLOG_HEADER_BYTES + UINT8_MAX * sizeof(**refs) <
		       FUZZ_MAX_BYTES) {
		unsigned int kind = data[0] % 2, count = data[1], i;
		uint8_t *frame = out + used;

		data += 2, bytes -= 2;
		if (count > bytes / FUZZ_REF_BYTES)
			count = (unsigned int)(bytes / FUZZ_REF_BYTES);
		for (i = 0; i < count; i++) {
			struct rrlog_frame_ref ref =
				make_ref(kind, data + i * FUZZ_REF_BYTES);

			memcpy(frame + RRLOG_HEADER_BYTES + i * sizeof(ref),
			       &ref, sizeof(ref));
		}
		data += count * FUZZ_REF_BYTES;
		bytes -= count * FUZZ_REF_BYTES;
		used += put_header(frame,
				   kind ? RRLOG_FRAME_BLOB_INDEX :
					  RRLOG_FRAME_EVENT_INDEX,
				   0, count * sizeof(**refs), count);
	}
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t file[FUZZ_MAX_BYTES];
	struct fuzz_frames index = { .bytes = file };

	if (!bytes || bytes > FUZZ_MAX_BYTES)
		return -1;
	if (!found[0].sum)
		learn();
	index.mode = data[0] % FUZZ_MODES;
	if (data[0] & FUZZ_RAW_INDEX) {
		index.size = bytes - 1;
		memcpy(file, data + 1, bytes - 1);
	} else {
		index.size = expand(data + 1, bytes - 1, file);
	}
	fuzz_store_index(&index);
	check_seeks(data[0] / 16 + (unsigned int)bytes * 7, 7);
	return 0;
}
