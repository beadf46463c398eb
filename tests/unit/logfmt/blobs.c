/*
 * Data that is stored outside of its record: blobs, where equal units are
 * shared, and disk images.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "common/logfmt/data/blobs.h"
#include "common/logfmt/base/varint.h"

#define SEED 31
#define RECORDS 3000
#define DISK_BLOCKS 200
#define MAX_BLOCKS 40 /* disk blocks in one record */

static char dir[256], trace[300], image[300];
static uint8_t disk[DISK_BLOCKS][RRLOG_BLOB_UNIT_BYTES];

static void make_disk(void)
{
	struct rng rng = { 77 };
	size_t i, j;

	for (i = 0; i < DISK_BLOCKS; i++) {
		for (j = 0; j < sizeof(disk[i]); j++)
			disk[i][j] = (uint8_t)(rng_next(&rng) % 64 ?
						       'a' :
						       rng_next(&rng));
	}
}

/* Record @n of a fixed sequence: consecutive disk blocks, and odd ends. */
static void make_dma(struct rng *rng, struct rrlog_record *rec)
{
	unsigned int count = rng_next(rng) % MAX_BLOCKS + 1;
	unsigned int first = rng_next(rng) % (DISK_BLOCKS - count);

	memset(rec, 0, sizeof(*rec));
	rec->type = RRLOG_DMA;
	rec->dma.block = 3;
	rec->dma.offset = rng_next(rng) % 100000;
	rec->data = disk[first];
	rec->data_bytes = count * RRLOG_BLOB_UNIT_BYTES;
	if (rng_next(rng) % 3 == 0)
		rec->data_bytes -= rng_next(rng) % rec->data_bytes;
}

static struct rrlog_writer *start(const char *codec)
{
	struct rrlog_writer *w = create_trace(trace, codec, 1);

	if (rrlog_writer_start(w))
		ksft_bail_out("%s", rrlog_writer_error(w));
	return w;
}

static void write_dmas(const char *codec, bool complete, bool sync)
{
	struct rrlog_writer *w = start(codec);
	struct rng rng = { SEED };
	struct rrlog_record rec;
	unsigned int i;
	int err = 0;

	rrlog_writer_set_fsync(w, sync);
	for (i = 0; !err && i < RECORDS; i++) {
		make_dma(&rng, &rec);
		err = rrlog_writer_append(w, &rec);
		if (!err && i % 100 == 99)
			err = rrlog_writer_flush(w);
	}
	if (rrlog_writer_close(w, complete) || err)
		ksft_bail_out("cannot write: %s", strerror(-err));
}

static struct rrlog_reader *open_trace(void)
{
	struct rrlog_reader *r;

	if (rrlog_reader_open(trace, &r))
		ksft_bail_out("%s", rrlog_reader_error(r));
	return r;
}

/*
 * Count the correct records from the start; *ret as from rrlog_reader_next().
 */
static unsigned int read_dmas(struct rrlog_reader *r, int *ret)
{
	struct rng rng = { SEED };
	struct rrlog_record rec, expected;
	unsigned int n = 0;

	while ((*ret = rrlog_reader_next(r, &rec)) > 0) {
		make_dma(&rng, &expected);
		if (!same_record(&rec, &expected) || rec.in_blobs)
			return n;
		n++;
	}
	return n;
}

static void test_round_trip(const char *codec, bool complete, bool sync)
{
	struct rrlog_reader_position p;
	struct rrlog_reader *r;
	unsigned int n;
	int ret;

	write_dmas(codec, complete, sync);
	r = open_trace();
	n = read_dmas(r, &ret);
	rrlog_reader_position(r, &p);
	/* Each odd end is a unit. */
	ksft_ok(!ret && n == RECORDS && p.blobs_file_bytes < 4 * sizeof(disk),
		"%s%s%s: %u records, %llu bytes of blobs", codec,
		complete ? "" : ", incomplete", sync ? ", synced" : "", n,
		(unsigned long long)p.blobs_file_bytes);
	rrlog_reader_close(r);
	remove_trace(trace);
}

static void test_seek(void)
{
	static struct rrlog_record all[RECORDS];
	struct rng rng = { SEED };
	struct rrlog_reader *r;
	struct rrlog_record rec;
	unsigned int i, wrong = 0;

	write_dmas("zlib", true, false);
	for (i = 0; i < RECORDS; i++)
		make_dma(&rng, &all[i]);
	r = open_trace();
	for (i = 0; i < 300; i++) {
		unsigned int n = rng_next(&rng) % RECORDS;

		rrlog_reader_set_fetch(r, i % 3 ? 3 : 0);
		wrong += rrlog_reader_seek_record(r, n) ||
			 rrlog_reader_next(r, &rec) != 1;
		if (i % 3)
			wrong += !same_record(&rec, &all[n]);
		else
			wrong += rec.data_bytes != all[n].data_bytes ||
				 rec.in_blobs != (rec.data_bytes >=
						  RRLOG_BLOB_MIN_BYTES);
	}
	ksft_ok(!wrong, "records sought, with and without their data: %u wrong",
		wrong);
	rrlog_reader_close(r);
	remove_trace(trace);
}

static void test_damage(void)
{
	unsigned int i, n, wrong = 0, hits = 0;
	struct rng rng = { 12 };
	struct rrlog_reader *r;
	struct file_copy f;
	int ret;

	write_dmas("zlib", true, false);
	f = load_file(trace, "blobs");
	for (i = 0; i < 150; i++) {
		size_t at = rng_next(&rng) % f.size;

		f.bytes[at] ^= 0x20;
		store_file(trace, "blobs", f.bytes, f.size);
		ret = rrlog_reader_open(trace, &r);
		n = ret ? 0 : read_dmas(r, &ret);
		hits += ret == -EBADMSG &&
			strstr(rrlog_reader_error(r), "/blobs: offset ");
		/* A byte that no record needs (a chain value) may be wrong. */
		wrong += ret != -EBADMSG && (ret || n != RECORDS);
		rrlog_reader_close(r);
		f.bytes[at] ^= 0x20;
	}
	ksft_ok(!wrong && hits == 150, "flipped bits: %u wrong, %u found",
		wrong, hits);
	for (i = 0, wrong = 0; i < 60; i++) {
		store_file(trace, "blobs", f.bytes, rng_next(&rng) % f.size);
		ret = rrlog_reader_open(trace, &r);
		if (!ret)
			read_dmas(r, &ret);
		wrong += ret != -EBADMSG;
		rrlog_reader_close(r);
	}
	ksft_ok(!wrong, "blobs cut short: %u wrong", wrong);
	free(f.bytes);
	remove_trace(trace);
}

/* Append until the disk is full, which the blobs meet first. */
static int fill_disk(void)
{
	struct rrlog_writer *w = start("none");
	struct rng rng = { SEED }, noise = { 1 };
	struct rrlog_record rec;
	int err = 0, again;

	while (!err) {
		/* Each record has some blocks that changed. */
		disk[rng_next(&noise) % DISK_BLOCKS][0]++;
		make_dma(&rng, &rec);
		err = rrlog_writer_append(w, &rec);
	}
	again = rrlog_writer_append(w, &rec);
	if (err != -EFBIG || again != err)
		return 11;
	return rrlog_writer_close(w, true) == err ? 0 : 12;
}

static void test_full_disk(void)
{
	struct rlimit limit = { 5000001, 5000001 };
	struct rrlog_reader *r;
	struct rrlog_record rec;
	uint64_t records = 0;
	int status, ret;
	pid_t child = fork();

	if (!child) {
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(fill_disk());
	}
	waitpid(child, &status, 0);
	r = open_trace();
	while ((ret = rrlog_reader_next(r, &rec)) > 0)
		records++;
	ksft_ok(WIFEXITED(status) && !WEXITSTATUS(status) && !ret &&
			!rrlog_reader_is_complete(r) &&
			!rrlog_reader_torn_bytes(r) && records,
		"full disk: status %d, %d, %llu records", status, ret,
		(unsigned long long)records);
	rrlog_reader_close(r);
	remove_trace(trace);
}

/* Read a hostile list of ranges, given as pairs (difference, bytes). */
static int read_list(uint64_t total, const uint64_t (*ranges)[2],
		     unsigned int n)
{
	uint8_t bytes[256], *out = rrlog_put_varint(bytes, total);
	struct rrlog_range_list list;
	struct rrlog_range range;
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		out = rrlog_put_varint(out, rrlog_zigzag(ranges[i][0]));
		out = rrlog_put_varint(out, ranges[i][1]);
	}
	ret = rrlog_ranges_begin(&list, bytes, (size_t)(out - bytes), 0);
	if (ret)
		return ret;
	while ((ret = rrlog_ranges_next(&list, &range)) > 0)
		;
	return ret;
}

static void test_lists(void)
{
	static const uint64_t good[][2] = { { 0, 8192 }, { 5, 7 } };
	static const uint64_t small[][2] = { { 0, 7 }, { 5, 8192 } };
	static const uint64_t none[][2] = { { 0, 0 } };
	static const uint64_t far[][2] = { { -9, 4096 } };

	ksft_ok(!read_list(8199, good, 2), "a list of ranges");
	ksft_ok(read_list(8198, good, 2) == -EBADMSG &&
			read_list(8200, good, 2) == -EBADMSG &&
			read_list(8192, good, 2) == -EBADMSG &&
			read_list(0, good, 0) == -EBADMSG &&
			read_list(RRLOG_MAX_DATA_BYTES + 1, good, 2) ==
				-EBADMSG,
		"wrong totals");
	ksft_ok(read_list(8199, small, 2) == -EBADMSG &&
			read_list(1, none, 1) == -EBADMSG &&
			read_list(4096, far, 1) == -EBADMSG,
		"impossible ranges");
}

/* ---- images ---- */

static void write_image_trace(unsigned int plain)
{
	struct rrlog_writer *w = start(NULL);
	struct rng rng = { SEED };
	struct rrlog_record rec = { .type = RRLOG_NMI };
	uint32_t id = 99;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < plain; i++)
		err = rrlog_writer_append(w, &rec);
	if (!err)
		err = rrlog_writer_add_image(w, "/nonexistent", 1, 2, &id);
	if (!err)
		err = rrlog_writer_add_image(w, image, sizeof(disk), 3, &id);
	for (i = 0; !err && i < RECORDS; i++) {
		make_dma(&rng, &rec);
		err = rrlog_writer_append_from_image(
			w, &rec, id,
			(uint64_t)((const uint8_t *)rec.data - disk[0]));
		if (!err && i % 100 == 99)
			err = rrlog_writer_flush(w);
	}
	if (id != 1 || rrlog_writer_append_from_image(w, &rec, 2, 0) != -EINVAL)
		err = -EIO;
	if (rrlog_writer_close(w, true) || err)
		ksft_bail_out("cannot write: %s", strerror(-err));
}

static void store_image(const char *path, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, disk, bytes) != (ssize_t)bytes)
		ksft_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

static int read_result(const char *move_to, const char *text)
{
	struct rrlog_reader *r = open_trace();
	unsigned int n;
	int ret;

	if (move_to)
		rrlog_reader_set_image_path(r, 1, move_to);
	n = read_dmas(r, &ret);
	if (ret < 0 && !strstr(rrlog_reader_error(r), text)) {
		ksft_note("%s", rrlog_reader_error(r));
		ret = -EPROTO;
	}
	if (!ret && n != RECORDS)
		ret = -EILSEQ;
	rrlog_reader_close(r);
	return ret;
}

static int read_with(bool trusted, const char *image_dir)
{
	struct rrlog_reader *r = open_trace();
	int ret;

	if (trusted)
		rrlog_reader_trust_images(r);
	if (image_dir)
		rrlog_reader_add_image_dir(r, image_dir);
	read_dmas(r, &ret);
	rrlog_reader_close(r);
	return ret;
}

/* An image that was opened before is read although its name is gone. */
static void test_open_images(void)
{
	struct rrlog_reader *r;
	unsigned int n;
	int ret;

	store_image(image, sizeof(disk));
	write_image_trace(0);
	r = open_trace();
	rrlog_reader_open_images(r);
	unlink(image);
	n = read_dmas(r, &ret);
	ksft_ok(!ret && n == RECORDS, "images opened before the first record");
	rrlog_reader_close(r);
	r = open_trace();
	rrlog_reader_open_images(r);
	read_dmas(r, &ret);
	ksft_ok(ret < 0 && *rrlog_reader_error(r),
		"a missing one is an error where it is needed: %s",
		rrlog_reader_error(r));
	rrlog_reader_close(r);
	remove_trace(trace);
}

/* A stranger's trace may name any file, and lie beside any link. */
static void test_where_images_are(void)
{
	char elsewhere[270], moved[290];

	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", dir);
	snprintf(moved, sizeof(moved), "%s/disk.img", elsewhere);
	if (mkdir(elsewhere, 0700))
		ksft_bail_out("%s: %s", elsewhere, strerror(errno));
	store_image(moved, sizeof(disk));
	snprintf(image, sizeof(image), "%s", moved);
	write_image_trace(0);
	ksft_ok(read_with(false, NULL) == -EACCES,
		"not at the path that the trace names");
	ksft_ok(!read_with(true, NULL), "but if the trace is trusted");
	ksft_ok(!read_with(false, elsewhere), "in a directory of the user's");
	snprintf(image, sizeof(image), "%s/disk.img", dir);
	if (symlink(moved, image))
		ksft_bail_out("%s: %s", image, strerror(errno));
	ksft_ok(read_with(false, NULL) == -EINVAL, "not through a link");
	unlink(image);
	store_image(image, sizeof(disk));
	ksft_ok(!read_with(false, NULL), "beside the trace");
	unlink(image);
	unlink(moved);
	rmdir(elsewhere);
	remove_trace(trace);
}

static void test_images(void)
{
	struct rrlog_reader *r;
	struct rrlog_record rec;
	char moved[320];
	int ret;

	store_image(image, sizeof(disk));
	write_image_trace(0);
	ksft_ok(!read_result(NULL, ""), "bytes from an image");

	r = open_trace();
	rrlog_reader_set_fetch(r, 0);
	ret = rrlog_reader_next(r, &rec);
	ksft_ok(ret == 1 && rec.type == RRLOG_IMAGE && rec.image.size == 1 &&
			rrlog_reader_next(r, &rec) == 1 &&
			rec.image.mtime_ns == 3 &&
			rrlog_reader_next(r, &rec) == 1 &&
			rec.type == RRLOG_DMA_IMAGE &&
			rec.dma_image.image == 1 &&
			!strcmp(rrlog_reader_image(r, 1)->path, image) &&
			!rrlog_reader_image(r, 2),
		"records as they are stored");
	rrlog_reader_close(r);

	snprintf(moved, sizeof(moved), "%s.moved", image);
	rename(image, moved);
	ksft_ok(read_result(NULL, "image 1 (") == -EACCES, "no image");
	ksft_ok(read_with(true, NULL) == -ENOENT, "none where the trace says");
	ksft_ok(!read_result(moved, ""), "an image that was moved");
	disk[DISK_BLOCKS / 2][5] ^= 1;
	store_image(moved, sizeof(disk));
	disk[DISK_BLOCKS / 2][5] ^= 1;
	ksft_ok(read_result(moved, "has changed") == -ESTALE,
		"an image that changed");
	store_image(moved, sizeof(disk) / 2);
	ksft_ok(read_result(moved, "shorter") == -ESTALE,
		"an image that shrank");
	ksft_ok(read_result(dir, "image 1 (") == -EINVAL, "a directory");
	unlink(moved);
	remove_trace(trace);
}

/* The record that describes the image is in an earlier frame. */
static void test_image_after_seek(void)
{
	struct rng rng = { SEED };
	struct rrlog_record rec, expected = { 0 };
	struct rrlog_reader *r;
	unsigned int i;

	store_image(image, sizeof(disk));
	write_image_trace(5);
	for (i = 0; i <= 2500; i++)
		make_dma(&rng, &expected);
	r = open_trace();
	ksft_ok(!rrlog_reader_seek_record(r, 5 + 2 + 2500) &&
			rrlog_reader_next(r, &rec) == 1 &&
			same_record(&rec, &expected),
		"after a seek");
	make_dma(&rng, &expected);
	ksft_ok(rrlog_reader_next(r, &rec) == 1 && same_record(&rec, &expected),
		"and the next");
	rrlog_reader_close(r);
	unlink(image);
	remove_trace(trace);
}

/* The table of units grows and still finds the units from before. */
static void test_table(void)
{
	const unsigned int units = 20000;
	struct rrlog_blob_writer bw = { 0 };
	struct rrlog_buffer fresh = { 0 };
	uint8_t unit[RRLOG_BLOB_UNIT_BYTES] = { 0 };
	uint64_t first = 0;
	unsigned int i;
	int err = rrlog_blob_writer_init(&bw);

	for (i = 0; !err && i < 2 * units; i++) {
		unsigned int number = i % units;

		memcpy(unit, &number, sizeof(number));
		fresh.used_bytes = 0;
		err = rrlog_blob_put(&bw, unit, sizeof(unit), &fresh);
		if (i == units - 1)
			first = bw.position;
	}
	ksft_ok(!err && first == (uint64_t)units * sizeof(unit) &&
			bw.position < first + first / 500,
		"of %u units %u were forgotten", units,
		(unsigned int)((bw.position - first) / sizeof(unit)));
	rrlog_buffer_free(&fresh);
	rrlog_blob_writer_free(&bw);
}

int main(void)
{
	ksft_plan(6 + 1 + 2 + 1 + 1 + 3 + 8 + 2 + 5 + 2);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	snprintf(image, sizeof(image), "%s/disk.img", dir);
	make_disk();
	test_round_trip("none", true, false);
	test_round_trip("none", false, false);
	test_round_trip("zlib", true, false);
	test_round_trip("zlib", false, true);
	test_round_trip("none", true, true);
	test_round_trip("none", false, true);
	test_seek();
	test_damage();
	test_full_disk();
	test_table();
	test_lists();
	test_images();
	test_where_images_are();
	test_open_images();
	test_image_after_seek();
	rmdir(dir);
	return ksft_end();
}
