/*
 * rrlog-seeds TRACE OUT: seeds for the fuzz targets from a real trace.
 *
 * Small traces are written with windows of the real one's records and pages;
 * their files are the seeds: OUT/manifest, OUT/frames, OUT/pages, OUT/record.
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
#define WINDOW_RECORDS 997 /* from the start of one to that of the next */

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

		err = rrlog_writer_put_page(w, FUZZ_BLOCK, i * 7 + seed,
					    pages->bytes + (size_t)page *
							    RRLOG_PAGE_BYTES);
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
	if (!err)
		err = put_pages(w, pages, seed);
	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_window(w, r);
	close_err = rrlog_writer_close(w, true);
	return err ? err : close_err;
}

/* FROM/FILE less its first @skip bytes, after a byte of mode, if any. */
static bool copy_seed(const char *from, const char *file, size_t skip,
		      const char *mode, const char *to, unsigned int seed)
{
	char *source = g_build_filename(from, file, NULL);
	char *target = g_strdup_printf("%s/seed-%u", to, seed);
	GString *out = g_string_new(NULL);
	char *text = NULL;
	gsize bytes;
	bool good = g_file_get_contents(source, &text, &bytes, NULL);

	if (mode)
		g_string_append_c(out, *mode);
	if (good && bytes > skip)
		g_string_append_len(out, text + skip, (gssize)(bytes - skip));
	good = good && g_file_set_contents(target, out->str, (gssize)out->len,
					   NULL);
	g_free(text);
	g_string_free(out, TRUE);
	g_free(target);
	g_free(source);
	return good;
}

static bool copy_seeds(const char *trace, const char *out, unsigned int seed)
{
	const char mode = (char)(seed % FUZZ_MODES);
	char *manifest = g_build_filename(out, "manifest", NULL);
	char *frames = g_build_filename(out, "frames", NULL);
	char *pages = g_build_filename(out, "pages", NULL);
	char *record = g_build_filename(out, "record", NULL);
	bool good = true;

	g_mkdir_with_parents(manifest, 0700);
	g_mkdir_with_parents(frames, 0700);
	g_mkdir_with_parents(pages, 0700);
	g_mkdir_with_parents(record, 0700);
	good = copy_seed(trace, RRLOG_FILE_MANIFEST, 0, NULL, manifest, seed) &&
	       copy_seed(trace, RRLOG_FILE_EVENTS, RRLOG_FRAMES_OFFSET, &mode,
			 frames, seed) &&
	       copy_seed(trace, RRLOG_FILE_PAGES, RRLOG_FRAMES_OFFSET, &mode,
			 pages, seed) &&
	       copy_seed(trace, RRLOG_FILE_EVENTS,
			 RRLOG_FRAMES_OFFSET + RRLOG_HEADER_BYTES, NULL, record,
			 seed);
	g_free(manifest);
	g_free(frames);
	g_free(pages);
	g_free(record);
	return good;
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
	if (!err)
		err = make_seeds(r, argv[2]);
	if (err)
		fprintf(stderr, "rrlog-seeds: %s: %s %s\n", argv[1],
			g_strerror(-err), rrlog_reader_error(r));
	rrlog_reader_close(r);
	return err ? 1 : 0;
}
