/*
 * rrlog_reader_mark() and rrlog_reader_return(): the records behind a mark are
 * the same again, wherever the reader was and whatever happened to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#define SEED 31
#define FRAMES 20
#define FRAME_RECORDS 7
#define RECORDS (FRAMES * FRAME_RECORDS)
#define TRIES 500

static char dir[256], trace[300];
static struct rrlog_mark *marks[RECORDS + 1];

/* What a reader finds from the start. */
static struct {
	struct rrlog_record record;
	uint8_t data[4 * MAX_TEST_DATA_BYTES];
	struct rrlog_reader_position position;
} seen[RECORDS];

static void make_trace(void)
{
	struct record_maker m = { .rng = { SEED } };
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	static uint8_t large[4 * MAX_TEST_DATA_BYTES];
	struct rrlog_record rec;
	unsigned int i;
	int err = rrlog_writer_start(w);

	for (i = 0; !err && i < RECORDS; i++) {
		make_record(&m, &rec);
		if (i % 5 == 0) { /* goes to "blobs" */
			memset(large, (int)i, sizeof(large));
			rec = (struct rrlog_record){ .type = RRLOG_DMA,
						     .data = large,
						     .data_bytes =
							     sizeof(large) };
		}
		err = rrlog_writer_append(w, &rec);
		if (!err && i % FRAME_RECORDS == FRAME_RECORDS - 1)
			err = rrlog_writer_flush(w);
	}
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
}

static struct rrlog_reader *open_trace(void)
{
	struct rrlog_reader *r;
	int err = rrlog_reader_open(trace, &r);

	if (err)
		ksft_bail_out("%s: %s", trace, rrlog_reader_error(r));
	return r;
}

/* Mark each place and keep each record. */
static bool read_and_mark(struct rrlog_reader *r)
{
	struct rrlog_record rec;
	unsigned int i;

	memset(&rec, 0, sizeof(rec));
	for (i = 0; i < RECORDS; i++) {
		if (rrlog_reader_mark(r, &marks[i]) ||
		    rrlog_reader_next(r, &rec) != 1)
			return false;
		seen[i].record = rec;
		if (rec.data_bytes)
			memcpy(seen[i].data, rec.data, rec.data_bytes);
		rrlog_reader_position(r, &seen[i].position);
	}
	return rrlog_reader_next(r, &rec) == 0 &&
	       !rrlog_reader_mark(r, &marks[RECORDS]);
}

static bool next_is(struct rrlog_reader *r, unsigned int i)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	const void *data;

	memset(&rec, 0, sizeof(rec)); /* padding is compared too */
	if (i == RECORDS)
		return rrlog_reader_next(r, &rec) == 0;
	if (rrlog_reader_next(r, &rec) != 1)
		return false;
	data = rec.data;
	rec.data = seen[i].record.data;
	rrlog_reader_position(r, &p);
	return !memcmp(&rec, &seen[i].record, sizeof(rec)) &&
	       (!rec.data_bytes ||
		!memcmp(data, seen[i].data, rec.data_bytes)) &&
	       !memcmp(&p, &seen[i].position, sizeof(p));
}

/* From each mark in any order, a few records on. */
static bool jump_about(struct rrlog_reader *r)
{
	struct rng rng = { SEED };
	unsigned int i, k;

	for (i = 0; i < TRIES; i++) {
		unsigned int at = rng_next(&rng) % (RECORDS + 1);
		unsigned int count = rng_next(&rng) % (2 * FRAME_RECORDS) + 1;

		if (rrlog_reader_return(r, marks[at]))
			return false;
		for (k = at; k <= RECORDS && k < at + count; k++)
			if (!next_is(r, k))
				return false;
	}
	return true;
}

static bool read_all_from(struct rrlog_reader *r, unsigned int i)
{
	if (rrlog_reader_return(r, marks[i]))
		return false;
	for (; i <= RECORDS; i++)
		if (!next_is(r, i))
			return false;
	return true;
}

/* Change a byte of the frame that has the last record. */
static void damage(void)
{
	const struct rrlog_reader_position *p = &seen[RECORDS - 1].position;
	uint64_t offset = p->file_bytes - 1;
	char file[512];
	uint8_t byte;
	int fd;

	snprintf(file, sizeof(file), "%s/events", trace);
	fd = open(file, O_RDWR);
	if (fd < 0 || pread(fd, &byte, 1, (off_t)offset) != 1)
		ksft_bail_out("cannot read %s", file);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, (off_t)offset) != 1)
		ksft_bail_out("cannot write %s", file);
	close(fd);
}

static bool fails_at_last_frame(struct rrlog_reader *r)
{
	struct rrlog_record rec;
	struct rrlog_mark *none;
	int ret;

	do {
		ret = rrlog_reader_next(r, &rec);
	} while (ret > 0);
	return ret == -EBADMSG && *rrlog_reader_error(r) &&
	       rrlog_reader_mark(r, &none) == -EBADMSG && !none;
}

static void free_marks(void)
{
	unsigned int i;

	for (i = 0; i <= RECORDS; i++)
		rrlog_mark_free(marks[i]);
}

int main(void)
{
	struct rrlog_reader *r;

	ksft_plan(6);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	make_trace();
	r = open_trace();
	ksft_ok(read_and_mark(r), "a mark at each record");
	ksft_ok(jump_about(r), "%u returns in any order", TRIES);
	ksft_ok(read_all_from(r, 0), "from the first to the end");
	ksft_ok(!rrlog_reader_seek_record(r, RECORDS / 2) &&
			read_all_from(r, RECORDS / 3),
		"after a seek");
	damage();
	ksft_ok(!rrlog_reader_return(r, marks[0]) && fails_at_last_frame(r),
		"a damaged frame is an error");
	ksft_ok(!rrlog_reader_return(r, marks[3]) && !*rrlog_reader_error(r) &&
			next_is(r, 3) && next_is(r, 4) &&
			fails_at_last_frame(r),
		"which a return forgets, and reading finds again");
	rrlog_reader_close(r);
	free_marks();
	remove_trace(trace);
	rmdir(dir);
	return ksft_end();
}
