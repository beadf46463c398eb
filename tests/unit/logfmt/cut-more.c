/*
 * As cut.c, for the files "blobs" and "index" and for packed traces: cut at
 * each byte of the last 16 KiB and at 1,000 random offsets, and 2,000 random
 * flips.  A cut or flipped index is not damage: all records are found, and
 * seeks find the same. $RR_LOG packs the traces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include "common/logfmt/file/format.h"

#define SEED 43
#define RECORDS 400 /* one a frame */
#define DATA_BYTES 1300 /* half of it goes to "blobs" */
#define TAIL_BYTES 16384
#define RANDOM_CUTS 1000
#define FLIPS 2000
#define TAR_BLOCK 512
#define HANG_S 400 /* time limit for the whole program */

static char dir[256], trace[300], packed[300];
static const char *program;

static struct {
	struct rrlog_record rec[RECORDS];
	uint8_t data[RECORDS][DATA_BYTES];
	/* The frame that begins with this record: */
	uint64_t time_ns[RECORDS], max_branches[RECORDS];
	/* The size of "blobs" that the record needs. */
	uint64_t blob_end[RECORDS];
	uint64_t blobs_bytes;
} e;

static void fill_expected(void)
{
	struct record_maker m = { .rng = { SEED } };
	size_t i, j;

	for (i = 0; i < RECORDS; i++) {
		struct rrlog_record *rec = &e.rec[i];

		make_record(&m, rec);
		if (!rrlog_type_info(rec->type)->has_data)
			continue;
		rec->data = e.data[i];
		rec->data_bytes = rng_next(&m.rng) % DATA_BYTES;
		for (j = 0; j < rec->data_bytes; j++)
			e.data[i][j] = (uint8_t)rng_next(&m.rng);
	}
}

/* The offset where the frame of "blobs" with this position ends. */
static uint64_t find_blob_end(const struct file_copy *f, uint64_t position)
{
	size_t at = RRLOG_FRAMES_OFFSET;
	struct rrlog_frame_header h;

	do {
		memcpy(&h, f->bytes + at, sizeof(h));
		at += sizeof(h) + h.stored_bytes;
	} while (h.first_ordinal + h.item_count < position);
	return at;
}

/* All data is different, so "blobs" has it in the order of the records. */
static void learn(void)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	struct rrlog_reader *r;
	struct file_copy f = load_file(trace, "blobs");
	uint64_t max = 0, position = 0;
	unsigned int i;

	e.blobs_bytes = f.size;
	if (rrlog_reader_open(trace, &r))
		ksft_bail_out("%s", rrlog_reader_error(r));
	rrlog_reader_set_fetch(r, 0);
	for (i = 0; i < RECORDS; i++) {
		if (rrlog_reader_next(r, &rec) != 1)
			ksft_bail_out("%s", rrlog_reader_error(r));
		rrlog_reader_position(r, &p);
		if (rec.stamp == RRLOG_AT_LANDMARK &&
		    rec.landmark.branches > max)
			max = rec.landmark.branches;
		e.time_ns[i] = p.frame_time_ns;
		e.max_branches[i] = max;
		e.blob_end[i] = i ? e.blob_end[i - 1] : 0;
		if (!rec.in_blobs)
			continue;
		position += rec.data_bytes;
		e.blob_end[i] = find_blob_end(&f, position);
	}
	if (e.blob_end[RECORDS - 1] != f.size)
		ksft_bail_out("blobs are not as expected");
	free(f.bytes);
	rrlog_reader_close(r);
}

static void make_trace(const char *codec, bool complete)
{
	struct rrlog_writer *w = create_trace(trace, codec, 5);
	unsigned int i;
	int err = rrlog_writer_start(w);

	for (i = 0; !err && i < RECORDS; i++) {
		err = rrlog_writer_append(w, &e.rec[i]);
		if (!err)
			err = rrlog_writer_flush(w);
	}
	if (rrlog_writer_close(w, complete) || err)
		ksft_bail_out("cannot write %s: %s", trace, strerror(-err));
	learn();
}

/*
 * Count the correct records; *ret gets the error that ended this, -EPROTO if
 * its text does not name a file and offset.
 */
static unsigned int read_all(const char *path, const char *place, int *ret)
{
	struct rrlog_record rec;
	struct rrlog_reader *r;
	unsigned int n = 0;

	*ret = rrlog_reader_open(path, &r);
	if (!*ret)
		*ret = rrlog_reader_for_each_page(r, ignore_page, NULL);
	while (!*ret) {
		*ret = rrlog_reader_next(r, &rec);
		if (*ret <= 0)
			break;
		*ret = n < RECORDS && same_record(&rec, &e.rec[n]) ? 0 :
								     -EILSEQ;
		n += !*ret;
	}
	if (*ret == -EBADMSG && !strstr(rrlog_reader_error(r), place))
		*ret = -EPROTO;
	rrlog_reader_close(r);
	return n;
}

/* ---- checks of a file that was cut to @bytes, or has a flipped bit ---- */

static bool check_blobs(uint64_t bytes, bool complete)
{
	unsigned int n = 0, found;
	int ret;

	while (n < RECORDS && e.blob_end[n] <= bytes)
		n++;
	if (complete || bytes < RRLOG_FRAMES_OFFSET)
		n = 0; /* does not even open */
	found = read_all(trace, "t.rrt/blobs: offset ", &ret);
	return found == n && ret == (n == RECORDS ? 0 : -EBADMSG);
}

static bool is_at(struct rrlog_reader *r, unsigned int n)
{
	struct rrlog_record rec;

	return rrlog_reader_next(r, &rec) == 1 && same_record(&rec, &e.rec[n]);
}

/* The last frame with the key of frame @n. */
static unsigned int last_equal(const uint64_t *keys, unsigned int n)
{
	uint64_t key = keys[n];

	while (n + 1 < RECORDS && keys[n + 1] <= key)
		n++;
	return n;
}

static bool check_index(struct rng *rng)
{
	unsigned int n = rng_next(rng) % RECORDS;
	struct rrlog_reader *r;
	bool good = !rrlog_reader_open(trace, &r);
	int ret;

	good = good && !rrlog_reader_seek_record(r, n) && is_at(r, n) &&
	       !rrlog_reader_seek_branches(r, e.max_branches[n]) &&
	       is_at(r, last_equal(e.max_branches, n)) &&
	       !rrlog_reader_seek_time_ns(r, e.time_ns[n]) &&
	       is_at(r, last_equal(e.time_ns, n)) &&
	       !rrlog_reader_seek_record(r, RECORDS - 1) &&
	       is_at(r, RECORDS - 1);
	rrlog_reader_close(r);
	if (rng_next(rng) % 16 == 0)
		good = good && read_all(trace, "", &ret) == RECORDS && !ret;
	return good;
}

/* ---- cuts and flips in the files of a trace ---- */

static void test_cuts(const char *name, bool complete)
{
	struct file_copy f = load_file(trace, name);
	unsigned int wrong = 0, i;
	struct rng rng = { 5 };
	bool is_index = !strcmp(name, "index");
	uint64_t bytes = f.size;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", trace, name);
	if (complete && f.size < TAIL_BYTES)
		ksft_bail_out("%s: %zu bytes are too few", name, f.size);
	while (bytes > 0 && f.size - bytes < TAIL_BYTES) {
		if (truncate(path, (off_t)--bytes))
			ksft_bail_out("truncate: %s", strerror(errno));
		wrong += is_index ? !check_index(&rng) :
				    !check_blobs(bytes, complete);
	}
	for (i = 0; i < RANDOM_CUTS; i++) {
		bytes = rng_next(&rng) % f.size;
		store_file(trace, name, f.bytes, bytes);
		wrong += is_index ? !check_index(&rng) :
				    !check_blobs(bytes, complete);
	}
	store_file(trace, name, f.bytes, f.size);
	ksft_ok(!wrong, "%s: %s of %zu bytes cut: %u wrong",
		complete ? "complete" : "incomplete", name, f.size, wrong);
	free(f.bytes);
}

static void flip(const char *path, struct file_copy *f, size_t at, uint8_t mask)
{
	int fd = open(path, O_WRONLY);

	f->bytes[at] ^= mask;
	if (fd < 0 || pwrite(fd, &f->bytes[at], 1, (off_t)at) != 1)
		ksft_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

static void test_flips(const char *name, bool complete)
{
	struct file_copy f = load_file(trace, name);
	unsigned int wrong = 0, i;
	struct rng rng = { 6 };
	char path[512];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", trace, name);
	for (i = 0; i < FLIPS; i++) {
		size_t at = rng_next(&rng) % f.size;
		uint8_t mask = (uint8_t)(1 + rng_next(&rng) % 255);

		flip(path, &f, at, mask);
		if (!strcmp(name, "index")) {
			wrong += !check_index(&rng);
		} else {
			read_all(trace, "t.rrt/blobs: offset ", &ret);
			wrong += ret != -EBADMSG;
		}
		flip(path, &f, at, mask);
	}
	ksft_ok(!wrong && read_all(trace, "", &ret) == RECORDS && !ret,
		"%s: %u flips in %zu bytes of %s: %u wrong",
		complete ? "complete" : "incomplete", FLIPS, f.size, name,
		wrong);
	free(f.bytes);
}

/* ---- packed ---- */

static void pack(void)
{
	char command[1024];

	snprintf(command, sizeof(command), "'%s' pack --force '%s' '%s'",
		 program, trace, packed);
	if (system(command))
		ksft_bail_out("%s failed", command);
}

/*
 * A byte that may change: one of the index, of the padding of blocks, or one of
 * the two that end a checksum.
 */
static bool is_idle(const struct file_copy *f, size_t place)
{
	size_t at = 0;

	while (at < f->size && f->bytes[at]) {
		size_t member = at + TAR_BLOCK, bytes;

		bytes = strtoul((const char *)f->bytes + at + 124, NULL, 8);
		at = member + (bytes + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
		if (place >= at)
			continue;
		if (place < member)
			return place >= member - TAR_BLOCK + 154 &&
			       place < member - TAR_BLOCK + 156;
		return place >= member + bytes ||
		       !strcmp((const char *)f->bytes + member - TAR_BLOCK,
			       "index");
	}
	return place >= at + TAR_BLOCK;
}

static void test_packed_cuts(bool complete)
{
	struct file_copy f = load_file(dir, "p");
	unsigned int wrong = 0, i, n;
	struct rng rng = { 7 };
	uint64_t bytes = f.size;
	int ret;

	while (f.size - bytes < TAIL_BYTES) {
		if (truncate(packed, (off_t)--bytes))
			ksft_bail_out("truncate: %s", strerror(errno));
		n = read_all(packed, "/p: offset ", &ret);
		/* One of the two blocks of zeros at the end is enough. */
		if (bytes >= f.size - TAR_BLOCK)
			wrong += n != RECORDS || ret;
		else
			wrong += ret != -EBADMSG;
	}
	for (i = 0; i < RANDOM_CUTS; i++) {
		bytes = TAR_BLOCK + rng_next(&rng) % (f.size - 3 * TAR_BLOCK);
		store_file(dir, "p", f.bytes, bytes);
		read_all(packed, "/p: offset ", &ret);
		wrong += ret != -EBADMSG;
	}
	store_file(dir, "p", f.bytes, f.size);
	ksft_ok(!wrong, "%s: packed in %zu bytes, cut: %u wrong",
		complete ? "complete" : "incomplete", f.size, wrong);
	free(f.bytes);
}

static void test_packed_flips(bool complete)
{
	struct file_copy f = load_file(dir, "p");
	unsigned int wrong = 0, idle = 0, i, n;
	struct rng rng = { 8 };
	int ret;

	for (i = 0; i < FLIPS; i++) {
		size_t at = rng_next(&rng) % f.size;
		uint8_t mask = (uint8_t)(1 + rng_next(&rng) % 255);
		bool nothing = is_idle(&f, at), good;

		/* Some flips in headers. */
		if (i % 4 == 0) {
			at %= TAR_BLOCK;
			nothing = is_idle(&f, at);
		}
		flip(packed, &f, at, mask);
		n = read_all(packed, ": offset ", &ret);
		flip(packed, &f, at, mask);
		good = ret == -EBADMSG || (ret == -EINVAL && at < TAR_BLOCK);
		if (nothing)
			good = good || (!ret && n == RECORDS);
		idle += !ret;
		wrong += !good;
		if (!good)
			ksft_note("offset %zu mask %02x: %d", at, mask, ret);
	}
	ksft_ok(!wrong, "%s: %u flips in packed %zu bytes: %u wrong, %u idle",
		complete ? "complete" : "incomplete", FLIPS, f.size, wrong,
		idle);
	free(f.bytes);
}

static void test(const char *codec, bool complete)
{
	make_trace(codec, complete);
	test_cuts("blobs", complete);
	test_flips("blobs", complete);
	test_cuts("index", complete);
	test_flips("index", complete);
	pack();
	test_packed_cuts(complete);
	test_packed_flips(complete);
	unlink(packed);
	remove_trace(trace);
}

int main(void)
{
	program = getenv("RR_LOG");
	if (!program)
		program = "build/bin/rr-log";
	alarm(HANG_S);
	ksft_plan(2 * 6);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	snprintf(packed, sizeof(packed), "%s/p", dir);
	fill_expected();
	test("none", true);
	test("zlib", false);
	rmdir(dir);
	return ksft_end();
}
