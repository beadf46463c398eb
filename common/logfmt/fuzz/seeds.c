/*
 * rrlog-seeds TRACE OUT: seeds for the fuzz targets from a real trace.
 *
 * Small traces are written with windows of the real one's records and pages;
 * their files are the seeds: OUT/manifest, OUT/frames, OUT/pages, OUT/record,
 * OUT/open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

#define SEEDS 24
#define SEED_RECORDS 40
#define SEED_PAGES 6
#define SEED_DATA_BYTES 1500 /* records with more are left out */
#define WINDOW_RECORDS 997   /* from the start of one to that of the next */

static const char *const codecs[] = { "none", "none", "zlib", NULL };

struct pages {
	uint8_t *bytes;
	unsigned int count;
};

static int keep_page(void *opaque, uint32_t block, uint64_t page_index,
		     const void *page)
{
	struct pages *pages = opaque;

	(void)block, (void)page_index;
	memcpy(pages->bytes + (size_t)pages->count * RRLOG_PAGE_BYTES, page,
	       RRLOG_PAGE_BYTES);
	return ++pages->count == SEEDS;
}

/* Some of the pages twice, so that there are references. */
static int put_pages(struct rrlog_writer *w, const struct pages *pages,
		     unsigned int seed)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && pages->count && i < SEED_PAGES; i++) {
		unsigned int page = (seed + i / 2) % pages->count;

		err = rrlog_writer_put_page(
			w, FUZZ_BLOCK, i * 7 + seed,
			pages->bytes + (size_t)page * RRLOG_PAGE_BYTES);
	}
	return err;
}

static int append_window(struct rrlog_writer *w, struct rrlog_reader *r)
{
	struct rrlog_record rec;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < WINDOW_RECORDS; i++) {
		if (rrlog_reader_next(r, &rec) <= 0)
			break;
		if (i >= SEED_RECORDS || rec.data_bytes > SEED_DATA_BYTES)
			continue;
		err = rrlog_writer_append(w, &rec);
		if (!err && i == SEED_RECORDS / 2)
			err = rrlog_writer_flush(w); /* a second frame */
	}
	return err;
}

static int write_trace(const char *path, unsigned int seed,
		       struct rrlog_reader *r, const struct pages *pages)
{
	struct rrlog_block block = { FUZZ_BLOCK, "pc.ram", FUZZ_BLOCK_BYTES };
	struct rrlog_writer *w;
	int err = rrlog_writer_create(path, codecs[seed % G_N_ELEMENTS(codecs)],
				      &w);
	int close_err;

	if (err)
		return err;
	err = rrlog_writer_add_block(w, &block);
	/* A name that is as long as can be, so that longer ones are near. */
	block.id++;
	memset(block.name, 'n', sizeof(block.name) - 1);
	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = put_pages(w, pages, seed);
	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_window(w, r);
	close_err = rrlog_writer_close(w, true);
	return err ? err : close_err;
}

/* ---- from the files of the small trace ---- */

/* The file @name less its first @skip bytes; not at all if it is shorter. */
static GByteArray *load(const char *trace, const char *name, size_t skip)
{
	char *path = g_build_filename(trace, name, NULL);
	GByteArray *out = g_byte_array_new();
	char *text = NULL;
	gsize bytes = 0;

	g_file_get_contents(path, &text, &bytes, NULL);
	if (bytes > skip)
		g_byte_array_append(out, (const guint8 *)text + skip,
				    (guint)(bytes - skip));
	g_free(text);
	g_free(path);
	return out;
}

/* Frees @content. */
static bool store(const char *out, const char *target, unsigned int seed,
		  GByteArray *content)
{
	char *folder = g_build_filename(out, target, NULL);
	char *path = g_strdup_printf("%s/seed-%u", folder, seed);
	bool good = !g_mkdir_with_parents(folder, 0700) &&
		    g_file_set_contents(path, (const char *)content->data,
					content->len, NULL);

	g_byte_array_unref(content);
	g_free(folder);
	g_free(path);
	return good;
}

/* Frames of "pages" that are not compressed, in the form of fuzz-pages. */
static GByteArray *load_pages(const char *trace)
{
	GByteArray *file = load(trace, RRLOG_FILE_PAGES, RRLOG_FRAMES_OFFSET);
	GByteArray *out = g_byte_array_new();
	struct rrlog_frame_header h;
	size_t at, bytes;

	for (at = 0; at + sizeof(h) < file->len;
	     at += sizeof(h) + h.stored_bytes) {
		memcpy(&h, file->data + at, sizeof(h));
		bytes = h.stored_bytes;
		if (h.kind == RRLOG_FRAME_PAGE_CONTENTS)
			bytes -= h.item_count * RRLOG_PAGE_BYTES;
		if (h.codec || bytes > UINT8_MAX)
			continue;
		g_byte_array_append(out, &h.kind, 1);
		g_byte_array_append(out, (guint8[]){ (guint8)h.item_count }, 1);
		g_byte_array_append(out, (guint8[]){ (guint8)bytes }, 1);
		g_byte_array_append(out, file->data + at + sizeof(h),
				    (guint)bytes);
	}
	g_byte_array_unref(file);
	return out;
}

static GByteArray *load_open(const char *trace)
{
	GByteArray *out = load(trace, RRLOG_FILE_EVENTS, 0);
	GByteArray *manifest = load(trace, RRLOG_FILE_MANIFEST, 0);

	g_byte_array_set_size(out, FUZZ_START_BYTES);
	/* Open, and the checksums will be made right. */
	memset(out->data + RRLOG_HEADER_BYTES, 0, RRLOG_HEADER_BYTES);
	g_byte_array_append(out, manifest->data, manifest->len);
	g_byte_array_unref(manifest);
	return out;
}

static bool copy_seeds(const char *trace, const char *out, unsigned int seed)
{
	GByteArray *frames =
		load(trace, RRLOG_FILE_EVENTS, RRLOG_FRAMES_OFFSET);

	g_byte_array_prepend(frames, (guint8[]){ seed % FUZZ_MODES }, 1);
	return store(out, "frames", seed, frames) &&
	       store(out, "pages", seed, load_pages(trace)) &&
	       store(out, "open", seed, load_open(trace)) &&
	       store(out, "manifest", seed,
		     load(trace, RRLOG_FILE_MANIFEST, 0)) &&
	       store(out, "record", seed,
		     load(trace, RRLOG_FILE_EVENTS,
			  RRLOG_FRAMES_OFFSET + RRLOG_HEADER_BYTES));
}

/* The manifest of the real trace; and what is too deep for a parser's stack. */
static bool store_manifests(const char *trace, const char *out)
{
	GByteArray *deep = g_byte_array_new();

	g_byte_array_set_size(deep, FUZZ_MAX_BYTES);
	memset(deep->data, '[', deep->len);
	return store(out, "manifest", SEEDS,
		     load(trace, RRLOG_FILE_MANIFEST, 0)) &&
	       store(out, "manifest", SEEDS + 1, deep) &&
	       store(out, "open", SEEDS, load_open(trace));
}

static void remove_trace(const char *path)
{
	static const char *const files[] = { RRLOG_FILE_MANIFEST,
					     RRLOG_FILE_PAGES,
					     RRLOG_FILE_EVENTS };
	unsigned int i;

	for (i = 0; i < G_N_ELEMENTS(files); i++) {
		char *file = g_build_filename(path, files[i], NULL);

		g_unlink(file);
		g_free(file);
	}
	g_rmdir(path);
}

static int make_seeds(struct rrlog_reader *r, const char *out)
{
	struct pages pages = { .bytes = g_malloc(SEEDS * RRLOG_PAGE_BYTES) };
	char *trace = g_strdup_printf("%s/small.rrt", out);
	unsigned int seed;
	int err = rrlog_reader_for_each_page(r, keep_page, &pages);

	if (err > 0)
		err = 0;
	for (seed = 0; !err && seed < SEEDS; seed++) {
		remove_trace(trace);
		err = write_trace(trace, seed, r, &pages);
		if (!err && !copy_seeds(trace, out, seed))
			err = -EIO;
	}
	remove_trace(trace);
	g_free(trace);
	g_free(pages.bytes);
	return err;
}

int main(int argc, char **argv)
{
	struct rrlog_reader *r;
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: rrlog-seeds TRACE OUT\n");
		return 1;
	}
	g_mkdir_with_parents(argv[2], 0700);
	err = rrlog_reader_open(argv[1], &r);
	if (!err && !store_manifests(argv[1], argv[2]))
		err = -EIO;
	if (!err)
		err = make_seeds(r, argv[2]);
	if (err)
		fprintf(stderr, "rrlog-seeds: %s: %s %s\n", argv[1],
			g_strerror(-err), rrlog_reader_error(r));
	rrlog_reader_close(r);
	return err ? 1 : 0;
}
