/*
 * What the tests of librrlog share: temporary directories, random records,
 * small traces, whole files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_TRACE_UTIL_H
#define TESTS_TRACE_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/logfmt/rrlog.h"

#include "tests/tap.h"

#define MAX_TYPE 64
#define MAX_TEST_DATA_BYTES 300

/* xorshift64*, which gives the same sequence on every machine. */
struct rng {
	uint64_t state;
};

__attribute__((unused)) static uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rng->state = x;
	return x * UINT64_C(2685821657736338717);
}

/* Values of all sizes, with the extremes. */
__attribute__((unused)) static uint64_t rng_value(struct rng *rng)
{
	uint64_t kind = rng_next(rng) % 8;
	unsigned int shift = rng_next(rng) % 64;

	if (kind == 0)
		return 0;
	if (kind == 1)
		return UINT64_MAX;
	return rng_next(rng) >> shift;
}

__attribute__((unused)) static void make_temp_dir(char *path, size_t bytes)
{
	const char *parent = getenv("TMPDIR");

	snprintf(path, bytes, "%s/rrlog-test-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(path))
		ksft_bail_out("mkdtemp %s: %s", path, strerror(errno));
}

__attribute__((unused)) static void remove_trace(const char *path)
{
	static const char *const names[] = {
		"manifest", "manifest.tmp", "pages",	    "events",
		"index",    "blobs",	    "manifest-end", "manifest-end.tmp"
	};
	char file[512];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		unlink(file);
	}
	rmdir(path);
}

/*
 * Make a record.  The sequence depends on the seed alone and is like that of a
 * guest: counts rise slowly and few registers change, but one record in 16 has
 * random values.
 */
struct record_maker {
	struct rng rng;
	uint64_t output_bytes;
	struct rr_landmark landmark;
	uint8_t data[MAX_TEST_DATA_BYTES];
};

__attribute__((unused)) static void
fill_record(struct record_maker *m, const struct rrlog_type_info *info,
	    struct rrlog_record *rec)
{
	bool wild = rng_next(&m->rng) % 16 == 0;
	unsigned int i;

	memset(rec, 0, sizeof(*rec));
	rec->type = (uint8_t)info->type;
	rec->stamp = rng_next(&m->rng) % 2;
	if (rng_next(&m->rng) % 2)
		m->output_bytes += rng_next(&m->rng) % 20;
	rec->output_bytes = wild ? rng_value(&m->rng) : m->output_bytes;
	m->landmark.branches += rng_next(&m->rng) % 100000;
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (rng_next(&m->rng) % 4 == 0)
			m->landmark.regs[i] = rng_value(&m->rng);
	}
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		rec->landmark = m->landmark;
		rec->output_hash = (uint32_t)(rec->output_bytes * 2654435761u);
	}
	for (i = 0; i < info->field_count; i++)
		rec->field[i] = wild ? rng_value(&m->rng) :
				       rng_next(&m->rng) % 4;
	if (!info->has_data || rng_next(&m->rng) % 8 == 0)
		return;
	rec->data = m->data;
	rec->data_bytes = rng_next(&m->rng) % (wild ? MAX_TEST_DATA_BYTES : 5);
	if (rng_next(&m->rng) % 2)
		return; /* the same data as last time */
	for (i = 0; i < rec->data_bytes; i++)
		m->data[i] = (uint8_t)rng_next(&m->rng);
}

/* Types of records that only the writer makes. */
__attribute__((unused)) static bool type_is_of_image(unsigned int type)
{
	return type == RRLOG_IMAGE || type == RRLOG_DMA_IMAGE;
}

__attribute__((unused)) static void make_record(struct record_maker *m,
						struct rrlog_record *rec)
{
	const struct rrlog_type_info *info;

	do {
		info = rrlog_type_info(rng_next(&m->rng) % MAX_TYPE);
	} while (!info || type_is_of_image(info->type));
	fill_record(m, info, rec);
}

__attribute__((unused)) static bool same_record(const struct rrlog_record *a,
						const struct rrlog_record *b)
{
	return a->type == b->type && a->stamp == b->stamp &&
	       a->output_bytes == b->output_bytes &&
	       a->output_hash == b->output_hash &&
	       !memcmp(&a->landmark, &b->landmark, sizeof(a->landmark)) &&
	       !memcmp(a->field, b->field, sizeof(a->field)) &&
	       a->data_bytes == b->data_bytes &&
	       (!a->data_bytes || !memcmp(a->data, b->data, a->data_bytes));
}

/* The content of a page: some are equal, some are zero. */
__attribute__((unused)) static void make_page(uint64_t page_index,
					      uint8_t *page)
{
	memset(page, 0, RRLOG_PAGE_BYTES);
	if (page_index % 5 == 0)
		return;
	snprintf((char *)page, RRLOG_PAGE_BYTES, "page %llu",
		 (unsigned long long)(page_index % 7));
}

/** Create a trace with one block of @pages pages, up to before the start. */
__attribute__((unused)) static struct rrlog_writer *
create_trace(const char *path, const char *codec, uint64_t pages)
{
	struct rrlog_block block = {
		.id = 3,
		.name = "pc.ram",
		.size_bytes = pages * RRLOG_PAGE_BYTES,
	};
	uint8_t page[RRLOG_PAGE_BYTES];
	struct rrlog_writer *w;
	uint64_t i;
	int err = rrlog_writer_create(path, codec, &w);

	if (err)
		ksft_bail_out("create %s: %s", path, strerror(-err));
	err = rrlog_writer_add_block(w, &block);
	for (i = 0; !err && i < pages; i++) {
		make_page(i, page);
		err = rrlog_writer_put_page(w, block.id, i, page);
	}
	if (!err)
		err = rrlog_writer_manifest_set(w, "command_line",
						"-m 256 \"quoted\" [x]");
	if (err)
		ksft_bail_out("setup of %s: %s", path, strerror(-err));
	return w;
}

/** Append @count records made from @seed; return the last error. */
__attribute__((unused)) static int append_records(struct rrlog_writer *w,
						  uint64_t seed, uint64_t count)
{
	struct record_maker m = { .rng = { seed } };
	struct rrlog_record rec;
	int err = 0;

	while (!err && count--) {
		make_record(&m, &rec);
		err = rrlog_writer_append(w, &rec);
	}
	return err;
}

static int ignore_page(void *opaque, uint32_t block, uint64_t page_index,
		       const void *page)
{
	(void)opaque, (void)block, (void)page_index, (void)page;
	return 0;
}

/**
 * Read a trace.  Returns 0 and the number of records if they are the first ones
 * of the sequence of @seed; -EILSEQ if not; or the error of the reader.
 */
__attribute__((unused)) static int read_prefix(const char *path, uint64_t seed,
					       uint64_t *count, bool *complete)
{
	struct record_maker m = { .rng = { seed } };
	struct rrlog_record expected, rec;
	struct rrlog_reader *r;
	int ret = rrlog_reader_open(path, &r);

	*count = 0;
	if (!ret)
		ret = rrlog_reader_for_each_page(r, ignore_page, NULL);
	if (ret)
		goto out;
	*complete = rrlog_reader_is_complete(r);
	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		make_record(&m, &expected);
		if (!same_record(&rec, &expected)) {
			ret = -EILSEQ;
			break;
		}
		++*count;
	}
out:
	if (ret == -EBADMSG && !strstr(rrlog_reader_error(r), "offset"))
		ret = -EPROTO; /* the text does not name an offset */
	rrlog_reader_close(r);
	return ret;
}

/* ---- whole files ---- */

struct file_copy {
	uint8_t *bytes;
	size_t size;
};

__attribute__((unused)) static struct file_copy load_file(const char *dir,
							  const char *name)
{
	struct file_copy copy = { 0 };
	struct stat st;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		ksft_bail_out("%s: %s", path, strerror(errno));
	copy.size = (size_t)st.st_size;
	copy.bytes = malloc(copy.size);
	if (read(fd, copy.bytes, copy.size) != (ssize_t)copy.size)
		ksft_bail_out("%s: short read", path);
	close(fd);
	return copy;
}

__attribute__((unused)) static void
store_file(const char *dir, const char *name, const void *bytes, size_t size)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		ksft_bail_out("%s: %s", path, strerror(errno));
	close(fd);
}

#endif
