/*
 * Larger traces, cut and flipped: cut at each byte of the last 64 KiB, at 1,000
 * random offsets before and at each byte of the manifest; 2,000 random flips in
 * each file.  A reader gets exactly a prefix of the records, or -EBADMSG with
 * file and offset.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#define SEED 41
#define RECORDS 1300
#define FRAME_RECORDS 40
#define DATA_BYTES 500 /* larger data would go to "blobs" */
#define PAGES 80
#define TAIL_BYTES 65536
#define RANDOM_CUTS 1000
#define FLIPS 2000
#define HANG_S 400 /* time limit for the whole program */

static char dir[256], trace[300];
static const char *const files[] = { "manifest", "pages", "events" };

/* What was written, and where it is in "events". */
struct expected {
	struct rrlog_record rec[RECORDS];
	uint8_t data[RECORDS][DATA_BYTES];
	uint64_t frame_end[RECORDS]; /* of the frame with the record */
	uint64_t file_bytes;
};

static void fill_expected(struct expected *e)
{
	struct record_maker m = { .rng = { SEED } };
	size_t i, j;

	for (i = 0; i < RECORDS; i++) {
		struct rrlog_record *rec = &e->rec[i];

		make_record(&m, rec);
		if (!rrlog_type_info(rec->type)->has_data)
			continue;
		rec->data = e->data[i];
		rec->data_bytes = rng_next(&m.rng) % DATA_BYTES;
		for (j = 0; j < rec->data_bytes; j++)
			e->data[i][j] = (uint8_t)rng_next(&m.rng);
	}
}

/* All pages are different, so that the file is not small. */
static int put_pages(struct rrlog_writer *w)
{
	struct rng rng = { SEED };
	uint64_t page[RRLOG_PAGE_BYTES / 8];
	uint64_t i;
	size_t j;
	int err = 0;

	for (i = 0; !err && i < PAGES; i++) {
		memset(page, 0, sizeof(page));
		for (j = 0; i % 3 && j < 16; j++)
			page[j] = rng_next(&rng);
		page[100] = 1;
		err = rrlog_writer_put_page(w, 1, i, page);
	}
	return err;
}

static void make_trace(const struct expected *e, const char *codec,
		       bool complete)
{
	struct rrlog_block block = { 1, "ram", PAGES * RRLOG_PAGE_BYTES };
	struct rrlog_writer *w;
	unsigned int i;
	int err;

	err = rrlog_writer_create(trace, codec, &w);
	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = put_pages(w);
	if (!err)
		err = rrlog_writer_start(w);
	for (i = 0; !err && i < RECORDS; i++) {
		err = rrlog_writer_append(w, &e->rec[i]);
		if (!err && i % FRAME_RECORDS == FRAME_RECORDS - 1)
			err = rrlog_writer_flush(w);
	}
	if (!err)
		err = rrlog_writer_close(w, complete);
	if (err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
}

/* Learn from the whole trace where frames end. */
static void learn_frames(struct expected *e)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	struct rrlog_reader *r;
	uint64_t i = 0, begun_bytes = 0, frame = 0, first = 0;

	if (rrlog_reader_open(trace, &r))
		ksft_bail_out("%s", rrlog_reader_error(r));
	while (i < RECORDS && rrlog_reader_next(r, &rec) > 0) {
		rrlog_reader_position(r, &p);
		if (p.frame_count != frame) {
			frame = p.frame_count;
			first = p.frame_offset + p.stored_bytes - begun_bytes;
			begun_bytes = p.stored_bytes;
		}
		e->frame_end[i++] = first;
	}
	rrlog_reader_position(r, &p);
	e->file_bytes = p.file_bytes;
	if (i != RECORDS || first != p.file_bytes)
		ksft_bail_out("%s is not as it was written", trace);
	rrlog_reader_close(r);
}

/* The number of records in frames that end within @bytes of "events". */
static uint64_t whole_records(const struct expected *e, uint64_t bytes)
{
	uint64_t n = 0;

	while (n < RECORDS && e->frame_end[n] <= bytes)
		n++;
	return n;
}

/*
 * Returns the number of records that can be read; or an error: -EILSEQ for
 * records that were never written, -EPROTO if the text does not name an offset
 * in @file.  Reads the pages as well if @torn_bytes is NULL.
 */
static int64_t read_all(const struct expected *e, const char *file,
			uint64_t *torn_bytes)
{
	struct rrlog_record rec;
	struct rrlog_reader *r;
	int64_t n = 0;
	char place[64];
	int ret = rrlog_reader_open(trace, &r);

	if (!ret && torn_bytes == NULL)
		ret = rrlog_reader_for_each_page(r, ignore_page, NULL);
	while (!ret) {
		ret = rrlog_reader_next(r, &rec);
		if (ret <= 0)
			break;
		ret = n < RECORDS && same_record(&rec, &e->rec[n]) ? 0 :
								     -EILSEQ;
		n++;
	}
	snprintf(place, sizeof(place), "t.rrt/%s: offset ", file);
	if (ret == -EBADMSG && !strstr(rrlog_reader_error(r), place))
		ret = -EPROTO;
	if (torn_bytes)
		*torn_bytes = rrlog_reader_torn_bytes(r);
	rrlog_reader_close(r);
	return ret < 0 ? ret : n;
}

/* ---- cuts ---- */

static int open_for_writing(const char *file)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", trace, file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		ksft_bail_out("%s: %s", path, strerror(errno));
	return fd;
}

/* "events" is cut to @bytes: check what is read. */
static bool check_cut(const struct expected *e, uint64_t bytes, bool complete)
{
	uint64_t torn_bytes, n = whole_records(e, bytes);
	int64_t ret = read_all(e, "events", &torn_bytes);
	uint64_t whole_bytes = n ? e->frame_end[n - 1] : 128;

	if (complete || bytes < 128) {
		if (ret == -EBADMSG)
			return true;
	} else if (ret == (int64_t)n && torn_bytes == bytes - whole_bytes) {
		return true;
	}
	ksft_note("%llu bytes: %lld, expected %llu records",
		  (unsigned long long)bytes, (long long)ret,
		  (unsigned long long)n);
	return false;
}

static void test_cut_events(struct expected *e, const char *codec,
			    bool complete)
{
	unsigned int i, tail_wrong = 0, random_wrong = 0;
	struct rng rng = { 7 };
	struct file_copy f;
	uint64_t bytes, tail;
	int fd;

	make_trace(e, codec, complete);
	learn_frames(e);
	f = load_file(trace, "events");
	fd = open_for_writing("events");
	if (f.size < TAIL_BYTES + RRLOG_PAGE_BYTES)
		ksft_bail_out("%zu bytes are too few", f.size);
	tail = f.size - TAIL_BYTES;
	for (bytes = f.size - 1; bytes >= tail; bytes--) {
		if (ftruncate(fd, (off_t)bytes))
			ksft_bail_out("ftruncate: %s", strerror(errno));
		tail_wrong += !check_cut(e, bytes, complete);
	}
	for (i = 0; i < RANDOM_CUTS; i++) {
		bytes = rng_next(&rng) % tail;
		store_file(trace, "events", f.bytes, bytes);
		random_wrong += !check_cut(e, bytes, complete);
	}
	ksft_ok(!tail_wrong,
		"%s, %s: cut at each of the last 64 KiB of %zu: %u wrong",
		codec, complete ? "complete" : "incomplete", f.size,
		tail_wrong);
	ksft_ok(!random_wrong, "and at %u places elsewhere: %u wrong",
		RANDOM_CUTS, random_wrong);
	free(f.bytes);
	close(fd);
	remove_trace(trace);
}

/* A cut "manifest" or "pages" is always damage. */
static void test_cut_other(struct expected *e, const char *file, bool complete)
{
	unsigned int wrong = 0;
	struct file_copy f;
	size_t bytes, step;
	int fd;

	make_trace(e, "zlib", complete);
	f = load_file(trace, file);
	fd = open_for_writing(file);
	/* Each byte of a small file and near the end; some others. */
	for (bytes = f.size; bytes > 0; bytes -= step) {
		step = f.size - bytes < 2048 || bytes < 2048 ? 1 : 13;
		if (ftruncate(fd, (off_t)(bytes - step)))
			ksft_bail_out("ftruncate: %s", strerror(errno));
		wrong += read_all(e, file, NULL) != -EBADMSG;
	}
	ksft_ok(!wrong && f.size > 200, "%s: %s of %zu bytes cut: %u wrong",
		complete ? "complete" : "incomplete", file, f.size, wrong);
	free(f.bytes);
	close(fd);
	remove_trace(trace);
}

/* ---- flips ---- */

static void flip(int fd, struct file_copy *f, size_t at, uint8_t mask)
{
	f->bytes[at] ^= mask;
	if (pwrite(fd, &f->bytes[at], 1, (off_t)at) != 1)
		ksft_bail_out("pwrite: %s", strerror(errno));
}

/* A checksum covers each byte: every flip is found. */
static void test_flips(struct expected *e, const char *codec, bool complete,
		       struct rng *rng)
{
	unsigned int i, j;

	make_trace(e, codec, complete);
	for (i = 0; i < 3; i++) {
		struct file_copy f = load_file(trace, files[i]);
		int fd = open_for_writing(files[i]);
		unsigned int wrong = 0;
		uint64_t torn_bytes;

		for (j = 0; j < FLIPS; j++) {
			size_t at = rng_next(rng) % f.size;
			uint8_t mask = (uint8_t)(1 + rng_next(rng) % 255);
			int64_t ret;

			flip(fd, &f, at, mask);
			ret = read_all(e, files[i],
				       i == 2 ? &torn_bytes : NULL);
			flip(fd, &f, at, mask);
			if (ret == -EBADMSG)
				continue;
			wrong++;
			ksft_note("%s: offset %zu mask %02x: %lld", files[i],
				  at, mask, (long long)ret);
		}
		ksft_ok(!wrong, "%s, %s: %u flips in %zu bytes of %s: %u wrong",
			codec, complete ? "complete" : "incomplete", FLIPS,
			f.size, files[i], wrong);
		close(fd);
		free(f.bytes);
	}
	ksft_ok(read_all(e, "", NULL) == RECORDS, "and whole again");
	remove_trace(trace);
}

int main(void)
{
	struct expected *e = calloc(1, sizeof(*e));
	struct rng rng = { 11 };

	alarm(HANG_S);
	ksft_plan(2 + 2 + 4 + 2 * 4);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	fill_expected(e);
	test_cut_events(e, "none", false);
	test_cut_events(e, "zlib", true);
	test_cut_other(e, "manifest", true);
	test_cut_other(e, "manifest", false);
	test_cut_other(e, "pages", true);
	test_cut_other(e, "pages", false);
	test_flips(e, "none", true, &rng);
	test_flips(e, "zlib", false, &rng);
	free(e);
	rmdir(dir);
	return ksft_end();
}
