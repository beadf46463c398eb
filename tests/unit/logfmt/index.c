/*
 * Seeking by record, branches and time, with every kind of index: whole, of a
 * killed recorder, missing, cut, damaged, of another trace, and wrong on
 * purpose.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/file/index-check.h"
#include "common/logfmt/file/index-writer.h"

#define SEED 29
#define FRAMES 300 /* more than the refs in a frame of the index */
#define FRAME_RECORDS 7
#define RECORDS (FRAMES * FRAME_RECORDS)
#define TRIES 400

static char dir[256], trace[300];

/* What a reader finds from the start. */
static struct {
	struct rrlog_record record;
	uint64_t frame_offset, time_ns, max_branches;
} seen[RECORDS];

static void make_trace(bool complete)
{
	struct record_maker m = { .rng = { SEED } };
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	struct rrlog_record rec;
	unsigned int i;
	int err = rrlog_writer_start(w);

	for (i = 0; !err && i < RECORDS; i++) {
		make_record(&m, &rec);
		err = rrlog_writer_append(w, &rec);
		if (!err && i % FRAME_RECORDS == FRAME_RECORDS - 1)
			err = rrlog_writer_flush(w);
	}
	if (rrlog_writer_close(w, complete) || err)
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

static void read_all(void)
{
	struct rrlog_reader *r = open_trace();
	struct rrlog_reader_position p;
	uint64_t max_branches = 0;
	unsigned int i;

	for (i = 0; i < RECORDS; i++) {
		struct rrlog_record *rec = &seen[i].record;

		if (rrlog_reader_next(r, rec) != 1)
			ksft_bail_out("%s", rrlog_reader_error(r));
		rec->data = NULL;
		rec->data_bytes = 0;
		rrlog_reader_position(r, &p);
		if (rec->stamp == RRLOG_AT_LANDMARK &&
		    rec->landmark.branches > max_branches)
			max_branches = rec->landmark.branches;
		seen[i].frame_offset = p.frame_offset;
		seen[i].time_ns = p.frame_time_ns;
		seen[i].max_branches = max_branches;
	}
	rrlog_reader_close(r);
}

/* Check that the next record is number @n. */
static bool is_at(struct rrlog_reader *r, unsigned int n)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;

	rrlog_reader_position(r, &p);
	if (p.record_count != n || rrlog_reader_next(r, &rec) != 1)
		return false;
	rec.data = NULL;
	rec.data_bytes = 0;
	rrlog_reader_position(r, &p);
	return same_record(&rec, &seen[n].record) &&
	       p.frame_offset == seen[n].frame_offset;
}

/* The first record of the last frame that begins at or before the target. */
static unsigned int expected(uint64_t branches, uint64_t time_ns)
{
	unsigned int i, found = 0;

	for (i = 0; i < RECORDS; i += FRAME_RECORDS) {
		if (seen[i].max_branches <= branches &&
		    seen[i].time_ns <= time_ns)
			found = i;
	}
	return found;
}

static unsigned int count_wrong(struct rrlog_reader *r)
{
	struct rng rng = { 4 };
	unsigned int i, wrong = 0;

	for (i = 0; i < TRIES; i++) {
		unsigned int n = rng_next(&rng) % RECORDS;
		uint64_t branches = seen[n].max_branches - rng_next(&rng) % 2;
		uint64_t time_ns = seen[n].time_ns - rng_next(&rng) % 2;

		wrong += rrlog_reader_seek_record(r, n) || !is_at(r, n);
		wrong += rrlog_reader_seek_branches(r, branches) ||
			 !is_at(r, expected(branches, UINT64_MAX));
		wrong += rrlog_reader_seek_time_ns(r, time_ns) ||
			 !is_at(r, expected(UINT64_MAX, time_ns));
	}
	return wrong;
}

static void check_seeks(const char *what)
{
	struct rrlog_reader *r = open_trace();
	struct rrlog_record rec;
	unsigned int wrong = count_wrong(r);

	wrong += rrlog_reader_seek_record(r, RECORDS) ||
		 rrlog_reader_next(r, &rec) != 0;
	wrong += rrlog_reader_seek_record(r, RECORDS + 1) != -ERANGE ||
		 rrlog_reader_next(r, &rec) != 0;
	wrong += rrlog_reader_seek_branches(r, 0) || !is_at(r, 0);
	wrong += rrlog_reader_rewind(r) || !is_at(r, 0);
	ksft_ok(!wrong, "%s: %u wrong", what, wrong);
	rrlog_reader_close(r);
}

static void store_index(const struct file_copy *f, size_t bytes)
{
	store_file(trace, "index", f->bytes, bytes);
}

/* What rrlog_index_check() says of the index; or rrlog_index_rebuild(). */
static int examine(int (*function)(const struct rrlog_store *,
				   struct rrlog_error *))
{
	struct rrlog_error error = { "" };
	struct rrlog_store store;
	int err = rrlog_store_open(&store, trace, &error);

	if (!err)
		err = function(&store, &error);
	rrlog_store_close(&store);
	if (err && !error.text[0])
		ksft_bail_out("error %d without a text", err);
	return err;
}

static void check_index(int expected, const char *what)
{
	int err = examine(rrlog_index_check);

	ksft_ok(err == expected, "check of %s: %d", what, err);
}

/* One bit of each byte of the index. */
static void test_flips_are_named(const struct file_copy *f)
{
	unsigned int missed = 0;
	size_t at;

	for (at = 0; at < f->size; at++) {
		f->bytes[at] ^= 0x10;
		store_index(f, f->size);
		missed += !examine(rrlog_index_check);
		f->bytes[at] ^= 0x10;
	}
	ksft_ok(!missed, "%zu flipped bytes in the index, %u not named",
		f->size, missed);
}

static void test_rebuild(const struct file_copy *f)
{
	char path[512];

	store_index(f, f->size / 2);
	check_index(-EBADMSG, "an index cut short");
	ksft_ok(!examine(rrlog_index_rebuild), "made anew");
	check_index(0, "the new one");
	check_seeks("an index made anew");
	snprintf(path, sizeof(path), "%s/index", trace);
	unlink(path);
	check_index(-EBADMSG, "no index");
	ksft_ok(!examine(rrlog_index_rebuild), "made anew without an old one");
	check_index(0, "the new one");
}

static void test_damaged_index(const struct file_copy *f)
{
	struct rng rng = { 8 };
	unsigned int i, wrong = 0;

	for (i = 0; i < 60; i++) {
		size_t at = rng_next(&rng) % f->size;
		struct rrlog_reader *r;

		f->bytes[at] ^= 0x10;
		store_index(f, f->size);
		r = open_trace();
		wrong += rrlog_reader_seek_record(r, RECORDS - 9) ||
			 !is_at(r, RECORDS - 9);
		wrong += rrlog_reader_seek_record(r, 99) || !is_at(r, 99);
		rrlog_reader_close(r);
		f->bytes[at] ^= 0x10;
	}
	ksft_ok(!wrong, "flipped bits in the index: %u wrong", wrong);
}

/* A valid index of this trace, except that the refs are wrong by @shift. */
static void write_wrong_index(const struct file_copy *events, uint64_t shift,
			      uint64_t key_shift)
{
	struct rrlog_index_writer *iw = calloc(1, sizeof(*iw));
	size_t at = RRLOG_FRAMES_OFFSET;
	int fd = open(trace, O_RDONLY | O_DIRECTORY);
	char path[512];

	snprintf(path, sizeof(path), "%s/index", trace);
	unlink(path);
	if (rrlog_index_writer_create(iw, fd, events->bytes + 32))
		ksft_bail_out("cannot write %s", path);
	while (at < events->size) {
		struct rrlog_frame_header h;
		struct rrlog_frame_ref place;

		memcpy(&h, events->bytes + at, sizeof(h));
		place = (struct rrlog_frame_ref){
			.offset = at + shift,
			.first_ordinal = h.first_ordinal + key_shift,
			.first_branches = h.first_branches,
			.time_ns = h.time_ns,
			.chain = h.chain,
		};
		rrlog_index_note(iw, RRLOG_FRAME_EVENT_INDEX, &place);
		at += sizeof(h) + h.stored_bytes;
	}
	rrlog_index_writer_close(iw, true);
	free(iw);
	close(fd);
}

static void test_wrong_index(void)
{
	struct file_copy events = load_file(trace, "events");

	write_wrong_index(&events, 0, 0);
	check_seeks("an index made by the test");
	check_index(0, "an index made by the test");
	write_wrong_index(&events, 1, 0);
	check_index(-EBADMSG, "an index with wrong offsets");
	check_seeks("an index with wrong offsets");
	write_wrong_index(&events, 0, 50);
	check_index(-EBADMSG, "an index with wrong records");
	check_seeks("an index with wrong records");
	free(events.bytes);
}

static void test_time_goes_back(void)
{
	struct file_copy f = load_file(trace, "events");
	struct rrlog_frame_header h;
	struct rrlog_reader *r;
	struct rrlog_record rec;
	int ret;

	memcpy(&h, f.bytes + RRLOG_FRAMES_OFFSET, sizeof(h));
	h.time_ns = UINT64_MAX;
	h.checksum = rrlog_checksum_continue(h.chain, &h, RRLOG_CHECKED_BYTES);
	memcpy(f.bytes + RRLOG_FRAMES_OFFSET, &h, sizeof(h));
	store_file(trace, "events", f.bytes, f.size);
	free(f.bytes);
	r = open_trace();
	while ((ret = rrlog_reader_next(r, &rec)) > 0)
		;
	ksft_ok(ret == -EBADMSG, "time must not go back");
	rrlog_reader_close(r);
}

int main(void)
{
	struct file_copy other, f;
	char path[512];

	ksft_plan(26);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	snprintf(path, sizeof(path), "%s/index", trace);
	ksft_ok(rrlog_checksum("123456789", 9) == 0xe3069283 &&
			rrlog_checksum_continue(rrlog_checksum("1234", 4),
						"56789", 5) == 0xe3069283,
		"the checksum is CRC32C");

	make_trace(false);
	read_all();
	check_seeks("a trace whose recorder was killed");
	other = load_file(trace, "index");
	ksft_ok(other.size > RRLOG_FRAMES_OFFSET, "which has an index too");
	check_index(0, "a trace whose recorder was killed");
	remove_trace(trace);

	make_trace(true);
	read_all();
	check_seeks("a complete trace");
	check_index(0, "a complete trace");
	f = load_file(trace, "index");
	unlink(path);
	check_seeks("no index");
	store_index(&f, f.size / 2);
	check_seeks("an index cut short");
	store_index(&other, other.size);
	check_seeks("the index of another trace");
	check_index(-EBADMSG, "the index of another trace");
	test_flips_are_named(&f);
	test_rebuild(&f);
	test_damaged_index(&f);
	test_wrong_index();
	test_time_goes_back();
	free(f.bytes);
	free(other.bytes);
	remove_trace(trace);
	rmdir(dir);
	return ksft_end();
}
