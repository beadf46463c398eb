/*
 * Whole traces, written and read again with every codec: pages, manifest,
 * blocks, modes of files, refusals.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/logfmt/trace-util.h"

#include <sys/resource.h>

#define RECORDS 60000
#define PAGES 1000
#define SEED 42

static char dir[256], trace[300];

struct page_check {
	uint64_t seen, wrong;
	uint8_t have[PAGES];
};

static int check_page(void *opaque, uint32_t block, uint64_t page_index,
		      const void *page)
{
	struct page_check *c = opaque;
	uint8_t expected[RRLOG_PAGE_BYTES];

	make_page(page_index, expected);
	c->seen++;
	c->wrong += block != 3 || c->have[page_index]++ ||
		    memcmp(page, expected, sizeof(expected));
	return 0;
}

static void test_round_trip(const char *codec)
{
	struct page_check pages = { 0 };
	uint64_t count, records, raw, stored;
	struct rrlog_writer *w;
	struct rrlog_reader *r;
	bool complete;
	int err;

	err = rrlog_writer_create(trace, codec, &w);
	if (!err)
		rrlog_writer_close(w, false);
	remove_trace(trace);
	if (err == -EOPNOTSUPP) {
		ksft_skip("zstd is not built in");
		ksft_skip("zstd is not built in");
		ksft_skip("zstd is not built in");
		return;
	}
	w = create_trace(trace, codec, PAGES);
	err = rrlog_writer_start(w);
	if (!err)
		err = append_records(w, SEED, RECORDS);
	if (!err)
		err = rrlog_writer_flush(w);
	rrlog_writer_stats(w, &records, &raw, &stored);
	if (!err)
		err = rrlog_writer_close(w, true);
	ksft_ok(!err && records == RECORDS, "%s: written",
		codec ? codec : "default");
	ksft_note("%llu records, %llu bytes, stored in %llu",
		  (unsigned long long)records, (unsigned long long)raw,
		  (unsigned long long)stored);

	err = read_prefix(trace, SEED, &count, &complete);
	ksft_ok(!err && count == RECORDS && complete, "%s: read again: %d",
		codec ? codec : "default", err);

	err = rrlog_reader_open(trace, &r);
	if (!err)
		err = rrlog_reader_for_each_page(r, check_page, &pages);
	ksft_ok(!err && !pages.wrong && pages.seen == PAGES - PAGES / 5,
		"%s: pages: %llu", codec ? codec : "default",
		(unsigned long long)pages.seen);
	rrlog_reader_close(r);
	remove_trace(trace);
}

static void test_manifest(void)
{
	static const uint8_t bytes[] = { 0, 255, 1, 2, 3, '{' };
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	struct rrlog_reader *r;
	struct rrlog_block block = { .id = 3, .name = "x", .size_bytes = 4096 };
	void *data;
	size_t size;
	uint64_t number;

	ksft_ok(rrlog_writer_add_block(w, &block) == -EEXIST,
		"a block number only once");
	block.id = 4;
	block.size_bytes = 4097;
	ksft_ok(rrlog_writer_add_block(w, &block) == -EINVAL,
		"no block of half a page");
	ksft_ok(!rrlog_writer_manifest_set_u64(w, "n", UINT64_MAX) &&
			!rrlog_writer_manifest_set_bytes(w, "b", bytes,
							 sizeof(bytes)) &&
			!rrlog_writer_manifest_set(w, "u", "\u00e4\n\t\"\\") &&
			rrlog_writer_manifest_set(w, "i", "\xff") == -EILSEQ,
		"entries set");
	ksft_ok(!rrlog_writer_start(w) &&
			rrlog_writer_manifest_set(w, "u", "x") == -EBUSY,
		"no entry after the start");
	rrlog_writer_close(w, true);
	ksft_ok(!rrlog_reader_open(trace, &r), "open");
	ksft_ok(!rrlog_reader_manifest_u64(r, "n", &number) &&
			number == UINT64_MAX,
		"number");
	ksft_ok(!rrlog_reader_manifest_bytes(r, "b", &data, &size) &&
			size == sizeof(bytes) && !memcmp(data, bytes, size),
		"bytes");
	free(data);
	ksft_ok(!strcmp(rrlog_reader_manifest(r, "u"), "\u00e4\n\t\"\\") &&
			!rrlog_reader_manifest(r, "none"),
		"text");
	ksft_ok(rrlog_reader_manifest_count(r) == 4 &&
			!strcmp(rrlog_reader_manifest_key(r, 0),
				"command_line"),
		"keys in order");
	ksft_ok(rrlog_reader_block_count(r) == 1 &&
			!strcmp(rrlog_reader_block(r, 0)->name, "pc.ram"),
		"blocks");
	rrlog_reader_close(r);
	ksft_ok(rrlog_writer_create(trace, NULL, &w) == -EEXIST,
		"no second trace in its place");
	ksft_ok(rrlog_writer_create(trace, "lzma", &w) == -EINVAL,
		"unknown codec");
	remove_trace(trace);
}

static bool has_mode(const char *name, mode_t mode)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", trace, name);
	return !stat(path, &st) && (st.st_mode & 07777) == mode;
}

static void test_modes(mode_t mask)
{
	mode_t old = umask(mask);
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	int err = rrlog_writer_start(w);

	umask(old);
	ksft_ok(!err && has_mode(".", 0700) && has_mode("manifest", 0600) &&
			has_mode("pages", 0600) && has_mode("events", 0600),
		"modes with umask %03o", (unsigned int)mask);
	rrlog_writer_close(w, true);
	remove_trace(trace);
}

/* The largest possible record, at every position in a frame. */
static void test_large(void)
{
	struct rrlog_record rec = { .type = RRLOG_DMA };
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	uint8_t *data = malloc(RRLOG_MAX_DATA_BYTES + 1);
	struct rrlog_reader *r;
	unsigned int i;
	int err = rrlog_writer_start(w);
	bool same = true;

	for (i = 0; i <= RRLOG_MAX_DATA_BYTES; i++)
		data[i] = (uint8_t)(i * i >> 7);
	rec.data = data;
	rec.data_bytes = RRLOG_MAX_DATA_BYTES;
	for (i = 0; !err && i < 3; i++)
		err = rrlog_writer_append(w, &rec);
	ksft_ok(!err, "largest records");
	rec.data_bytes++;
	ksft_ok(rrlog_writer_append(w, &rec) == -EINVAL, "one byte too many");
	ksft_ok(!rrlog_writer_close(w, true), "closed");
	err = rrlog_reader_open(trace, &r);
	for (i = 0; !err && rrlog_reader_next(r, &rec) == 1; i++)
		same &= rec.data_bytes == RRLOG_MAX_DATA_BYTES &&
			!memcmp(rec.data, data, rec.data_bytes);
	ksft_ok(i == 3 && same, "largest records read again");
	ksft_ok(!rrlog_reader_rewind(r) && rrlog_reader_next(r, &rec) == 1,
		"rewound");
	rrlog_reader_close(r);
	free(data);
	remove_trace(trace);
}

/* A record is in the file 100 ms after it was appended, without a flush. */
static void test_timer(void)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	bool complete = true;
	uint64_t count = 0;
	int err = rrlog_writer_start(w);

	if (!err)
		err = append_records(w, SEED, 10);
	usleep(300000); /* more, as the machine may be busy */
	if (!err)
		err = read_prefix(trace, SEED, &count, &complete);
	ksft_ok(!err && count == 10 && !complete, "written by the timer");
	rrlog_writer_close(w, false);
	err = read_prefix(trace, SEED, &count, &complete);
	ksft_ok(!err && count == 10 && !complete, "closed as incomplete");
	remove_trace(trace);
}

/* Nobody would know what to do with a part of one. */
static void test_not_started(void)
{
	struct rrlog_writer *w = create_trace(trace, NULL, PAGES);

	ksft_ok(!access(trace, F_OK) && !rrlog_writer_close(w, false) &&
			access(trace, F_OK) && errno == ENOENT,
		"a trace that was not started is removed");
}

static bool has_tlb_flushes(bool wanted)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 1);
	struct rrlog_reader *r;
	bool has;

	if (wanted)
		rrlog_writer_set_tlb_flushes(w);
	rrlog_writer_start(w);
	ksft_ok(rrlog_writer_set_tlb_flushes(w) == -EBUSY,
		"TLB flushes: before the start only");
	rrlog_writer_close(w, true);
	has = !rrlog_reader_open(trace, &r) && rrlog_reader_has_tlb_flushes(r);
	rrlog_reader_close(r);
	remove_trace(trace);
	return has;
}

static void test_features(void)
{
	ksft_ok(has_tlb_flushes(true), "a trace with TLB flushes says so");
	ksft_ok(!has_tlb_flushes(false), "one without does not");
}

/* As on a full disk: the directory can be made, and no file in it. */
static void test_not_created(void)
{
	struct rlimit old, few;
	struct rrlog_writer *w;
	int err, next = dup(0);

	close(next);
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = (rlim_t)next + 1; /* the directory is the last */
	setrlimit(RLIMIT_NOFILE, &few);
	err = rrlog_writer_create(trace, "none", &w);
	setrlimit(RLIMIT_NOFILE, &old);
	ksft_ok(err == -EMFILE && access(trace, F_OK),
		"a trace that cannot be created leaves nothing (error %d)",
		err);
	remove_trace(trace);
}

int main(void)
{
	ksft_plan(12 + 12 + 2 + 5 + 3 + 4 + 1);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_round_trip("none");
	test_round_trip("zlib");
	test_round_trip("zstd");
	test_round_trip(NULL);
	test_manifest();
	test_modes(0);
	test_modes(0777);
	test_large();
	test_features();
	test_not_started();
	test_not_created();
	test_timer();
	rmdir(dir);
	return ksft_end();
}
