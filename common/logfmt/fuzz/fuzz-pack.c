/*
 * Fuzz target: a packed trace, read in place.  The input is the tar file; if
 * its last byte is even, the checksums of the tar headers are repaired.  A
 * trace that opens must give the same as a directory with the same files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/file/format.h"
#include "common/logfmt/file/store.h"

#define BLOCK_BYTES 512
#define SIZE_OFFSET 124
#define CHECKSUM_OFFSET 148
#define PACKED "packed"

static const char *const names[] = {
	RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES, RRLOG_FILE_BLOBS,
	RRLOG_FILE_EVENTS,   RRLOG_FILE_INDEX, RRLOG_FILE_MANIFEST_END
};

/* ---- the tar file ---- */

static void repair_header(uint8_t *h)
{
	unsigned int sum = 0, i;

	memset(h + CHECKSUM_OFFSET, ' ', 8);
	for (i = 0; i < BLOCK_BYTES; i++)
		sum += h[i];
	snprintf((char *)h + CHECKSUM_OFFSET, 8, "%06o", sum);
}

static void repair(uint8_t *file, size_t bytes)
{
	char size[13] = "";
	size_t at = 0, member;

	while (bytes - at >= BLOCK_BYTES && file[at]) {
		repair_header(file + at);
		memcpy(size, file + at + SIZE_OFFSET, 12);
		member = strtoul(size, NULL, 8);
		if (member > bytes - at - BLOCK_BYTES)
			break;
		at += BLOCK_BYTES +
		      (member + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
		if (at > bytes)
			break;
	}
}

/* ---- the trace in it ---- */

/* All that can be read of a trace. */
struct content {
	int pages_err, records_err, seek_err;
	uint64_t pages, records, sum;
};

static int sum_page(void *opaque, uint32_t block, uint64_t page_index,
		    const void *page)
{
	struct content *c = opaque;

	c->pages++;
	c->sum = c->sum * 61 + rrlog_checksum(page, RRLOG_PAGE_BYTES) +
		 page_index + block;
	return 0;
}

static struct content read_all(struct rrlog_reader *r)
{
	struct content c = { 0 };
	struct rrlog_record rec;

	/* Images are tested in fuzz-images. */
	rrlog_reader_set_fetch(r, RRLOG_FETCH_BLOBS);
	c.pages_err = rrlog_reader_for_each_page(r, sum_page, &c);
	while ((c.records_err = rrlog_reader_next(r, &rec)) > 0) {
		c.records++;
		c.sum = c.sum * 67 + fuzz_sum_record(&rec);
	}
	c.seek_err = rrlog_reader_seek_record(r, c.records / 2);
	if (!c.seek_err && rrlog_reader_next(r, &rec) > 0)
		c.sum = c.sum * 71 + fuzz_sum_record(&rec);
	return c;
}

/* Copy its files to fuzz_dir(). */
static void unpack(const struct rrlog_store *store)
{
	static uint8_t bytes[FUZZ_MAX_BYTES];
	struct rrlog_member m;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fuzz_remove(names[i]);
		if (rrlog_store_find(store, names[i], &m))
			continue;
		if (m.bytes > sizeof(bytes) ||
		    rrlog_member_read(&m, bytes, m.bytes, 0))
			abort();
		fuzz_store(names[i], bytes, m.bytes);
	}
}

static void check_members(const struct rrlog_store *store, size_t bytes)
{
	unsigned int i, j;

	for (i = 0; i < store->tar.member_count; i++) {
		const struct rrlog_tar_member *m = &store->tar.members[i];

		if (m->offset > bytes || m->bytes > bytes - m->offset ||
		    memchr(m->name, 0, sizeof(m->name)) == NULL)
			abort();
		for (j = 0; j < i; j++) {
			if (!strcmp(store->tar.members[j].name, m->name))
				abort();
		}
	}
}

static void compare(const struct rrlog_store *store, struct rrlog_reader *r)
{
	struct content packed = read_all(r), directory;
	struct rrlog_reader *other;

	unpack(store);
	if (rrlog_reader_open(fuzz_dir(), &other))
		abort();
	directory = read_all(other);
	if (packed.pages_err != directory.pages_err ||
	    packed.records_err != directory.records_err ||
	    packed.seek_err != directory.seek_err ||
	    packed.pages != directory.pages ||
	    packed.records != directory.records || packed.sum != directory.sum)
		abort();
	rrlog_reader_close(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t file[FUZZ_MAX_BYTES];
	struct rrlog_error error = { "" };
	struct rrlog_store store;
	struct rrlog_reader *r;
	char path[128];
	int err;

	if (!bytes || bytes > FUZZ_MAX_BYTES)
		return -1;
	memcpy(file, data, bytes);
	if (!(data[bytes - 1] & 1))
		repair(file, bytes);
	snprintf(path, sizeof(path), "%s/" PACKED, fuzz_dir());
	fuzz_store(PACKED, file, bytes);
	err = rrlog_store_open(&store, path, &error);
	if (err && !error.text[0])
		abort(); /* no reason given */
	if (!err)
		check_members(&store, bytes);
	if (!rrlog_reader_open(path, &r)) {
		if (err)
			abort();
		compare(&store, r);
	} else if (!rrlog_reader_error(r)[0]) {
		abort();
	}
	rrlog_reader_close(r);
	rrlog_store_close(&store);
	return 0;
}
