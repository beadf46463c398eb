/*
 * rrlog-seeds TRACE OUT RR-LOG: make seeds for the fuzz targets from a real
 * trace.
 *
 * This writes small traces, each with some consecutive records and some pages
 * of the real one.  Their files are the seeds; those of each target are in
 * OUT/TARGET.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "common/logfmt/file/format.h"
#include "common/logfmt/data/images.h"

#define SEEDS 24
#define SEED_RECORDS 40
#define SEED_PAGES 6
#define SEED_DATA_BYTES 9000 /* records with more data are left out */
#define SEED_TOTAL_BYTES 24000 /* data in a small trace */
#define SEED_IMAGE_RECORDS 3
#define SEED_EXTENT_BYTES 3000 /* of each extent of the file image-0 */
#define SEED_INDEX_BYTES 12000
#define WINDOW_RECORDS 997 /* records to choose from for a small trace */

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

/* Put some pages twice, so that there are references. */
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

/* Every second trace gets mostly DMA, to have data in "blobs". */
static bool is_wanted(const struct rrlog_record *rec, unsigned int seed,
		      unsigned int i)
{
	if (rec->data_bytes > SEED_DATA_BYTES || rec->type == RRLOG_IMAGE ||
	    rec->type == RRLOG_DMA_IMAGE)
		return false;
	return seed % 2 == 0 || rec->type == RRLOG_DMA || i % 16 == 0;
}

static int append_window(struct rrlog_writer *w, struct rrlog_reader *r,
			 unsigned int seed)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	size_t left = SEED_TOTAL_BYTES;
	unsigned int i, kept = 0;
	int err;

	rrlog_reader_position(r, &p);
	err = rrlog_reader_seek_record(r, p.total_records / SEEDS * seed);
	for (i = 0; !err && i < WINDOW_RECORDS && kept < SEED_RECORDS; i++) {
		if (rrlog_reader_next(r, &rec) <= 0)
			break;
		if (!is_wanted(&rec, seed, i) || rec.data_bytes > left)
			continue;
		left -= rec.data_bytes;
		err = rrlog_writer_append(w, &rec);
		if (!err && ++kept == SEED_RECORDS / 2)
			err = rrlog_writer_flush(w); /* a second frame */
	}
	return err;
}

/* Append records that refer to the image of fuzz-images. */
static int append_images(struct rrlog_writer *w, unsigned int seed)
{
	uint8_t bytes[SEED_EXTENT_BYTES];
	struct rrlog_record rec = { .type = RRLOG_DMA, .data = bytes };
	unsigned int i;
	uint32_t id;
	size_t j;
	int err = rrlog_writer_add_image(w, "/nonexistent/disk.img",
					 FUZZ_IMAGE_BYTES, 1, &id);

	for (i = 0; !err && i < SEED_IMAGE_RECORDS; i++) {
		uint64_t offset = seed * 100 + i * 512;

		rec.data_bytes = 512 + i * 300;
		for (j = 0; j < rec.data_bytes; j++)
			bytes[j] = fuzz_image_byte(offset + j);
		err = rrlog_writer_append_from_image(w, &rec, id, offset);
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
	/*
	 * The longest possible name, so that the fuzzer soon finds longer ones.
	 */
	block.id++;
	memset(block.name, 'n', sizeof(block.name) - 1);
	if (!err)
		err = rrlog_writer_add_block(w, &block);
	if (!err)
		err = put_pages(w, pages, seed);
	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_images(w, seed);
	if (!err)
		err = append_window(w, r, seed);
	close_err = rrlog_writer_close(w, true);
	return err ? err : close_err;
}

/* ---- from the files of the small trace ---- */

/* The file @name without its first @skip bytes; empty if it is shorter. */
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

/* Write a seed; frees @content. */
static bool store(const char *out, const char *target, unsigned int seed,
		  GByteArray *content)
{
	char *dir = g_build_filename(out, target, NULL);
	char *path = g_strdup_printf("%s/seed-%u", dir, seed);
	bool good = !g_mkdir_with_parents(dir, 0700) &&
		    g_file_set_contents(path, (const char *)content->data,
					content->len, NULL);

	g_byte_array_unref(content);
	g_free(dir);
	g_free(path);
	return good;
}

/* The frames of "pages" that are not compressed, in the form of fuzz-pages. */
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
	/*
	 * The state is open, which is even: the target repairs the checksums.
	 */
	memset(out->data + RRLOG_HEADER_BYTES, 0, RRLOG_HEADER_BYTES);
	g_byte_array_append(out, manifest->data, manifest->len);
	g_byte_array_unref(manifest);
	return out;
}

/*
 * Modes, the size of @first, @first, and the frames of "events"; frees @first.
 */
static GByteArray *load_split(const char *trace, uint8_t modes,
			      GByteArray *first)
{
	GByteArray *out = load(trace, RRLOG_FILE_EVENTS, RRLOG_FRAMES_OFFSET);

	g_byte_array_prepend(out, first->data, first->len);
	g_byte_array_prepend(out,
			     (guint8[]){ modes, (guint8)first->len,
					 (guint8)(first->len >> 8) },
			     FUZZ_SPLIT_BYTES);
	g_byte_array_unref(first);
	return out;
}

static GByteArray *load_blobs(const char *trace, unsigned int seed)
{
	return load_split(trace, (uint8_t)(seed * 11),
			  load(trace, RRLOG_FILE_BLOBS, RRLOG_FRAMES_OFFSET));
}

/* A file image-0 with two extents of the image of fuzz-images. */
static GByteArray *load_images(const char *trace, unsigned int seed)
{
	struct rrlog_image_start start = { .magic = RRLOG_MAGIC_IMAGE,
					   .extent_count = 2 };
	struct rrlog_image_extent e = { .offset =
						sizeof(start) + 2 * sizeof(e) };
	GByteArray *out = g_byte_array_new();
	uint64_t i;

	g_byte_array_append(out, (void *)&start, sizeof(start));
	e.bytes = SEED_EXTENT_BYTES;
	g_byte_array_append(out, (void *)&e, sizeof(e));
	e.image_offset = e.bytes;
	e.offset += e.bytes;
	g_byte_array_append(out, (void *)&e, sizeof(e));
	for (i = 0; i < 2 * SEED_EXTENT_BYTES; i++)
		g_byte_array_append(out, (guint8[]){ fuzz_image_byte(i) }, 1);
	return load_split(trace, (uint8_t)(seed * 9), out);
}

/*
 * Alternately the real index, a small one, and refs in the form of the input.
 */
static GByteArray *load_index(const char *real, const char *trace,
			      unsigned int seed)
{
	GByteArray *out;
	unsigned int i;

	if (seed % 3 < 2) {
		out = load(seed % 3 ? real : trace, RRLOG_FILE_INDEX,
			   RRLOG_FRAMES_OFFSET);
		if (out->len > SEED_INDEX_BYTES)
			g_byte_array_set_size(out, SEED_INDEX_BYTES);
		g_byte_array_prepend(
			out, (guint8[]){ FUZZ_RAW_INDEX | seed % FUZZ_MODES },
			1);
		return out;
	}
	out = g_byte_array_new();
	g_byte_array_append(out, (guint8[]){ seed / 3 % 2, seed % 2, 20 }, 3);
	for (i = 0; i < 20; i++)
		g_byte_array_append(
			out, (guint8[]){ i * 2, i == seed ? 1 << i % 8 : 0, 1 },
			FUZZ_REF_BYTES);
	return out;
}

static bool copy_pack(const char *trace, const char *out, unsigned int seed,
		      const char *program)
{
	char *path = g_build_filename(out, "pack", NULL);
	char *file = g_strdup_printf("%s/seed-%u", path, seed);
	const char *argv[] = { program, "pack", "--force", trace, file, NULL };
	int status = 1;
	bool good;

	g_mkdir_with_parents(path, 0700);
	good = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH,
			    NULL, NULL, NULL, NULL, &status, NULL) &&
	       !status;
	g_free(path);
	g_free(file);
	return good;
}

static bool copy_seeds(const char *trace, const char *out, unsigned int seed,
		       const char *real, const char *program)
{
	GByteArray *frames =
		load(trace, RRLOG_FILE_EVENTS, RRLOG_FRAMES_OFFSET);

	g_byte_array_prepend(frames, (guint8[]){ seed % FUZZ_MODES }, 1);
	return store(out, "frames", seed, frames) &&
	       store(out, "pages", seed, load_pages(trace)) &&
	       store(out, "blobs", seed, load_blobs(trace, seed)) &&
	       store(out, "images", seed, load_images(trace, seed)) &&
	       store(out, "index", seed, load_index(real, trace, seed)) &&
	       copy_pack(trace, out, seed, program) &&
	       store(out, "open", seed, load_open(trace)) &&
	       store(out, "manifest", seed,
		     load(trace, RRLOG_FILE_MANIFEST, 0)) &&
	       store(out, "record", seed,
		     load(trace, RRLOG_FILE_EVENTS,
			  RRLOG_FRAMES_OFFSET + RRLOG_HEADER_BYTES));
}

/* The manifest of the real trace, and one that would need a deep stack. */
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
	static const char *const files[] = {
		RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES, RRLOG_FILE_BLOBS,
		RRLOG_FILE_EVENTS,   RRLOG_FILE_INDEX, RRLOG_FILE_MANIFEST_END
	};
	unsigned int i;

	for (i = 0; i < G_N_ELEMENTS(files); i++) {
		char *file = g_build_filename(path, files[i], NULL);

		g_unlink(file);
		g_free(file);
	}
	g_rmdir(path);
}

static int make_seeds(struct rrlog_reader *r, const char *real, const char *out,
		      const char *program)
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
		if (!err && !copy_seeds(trace, out, seed, real, program))
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

	if (argc != 4) {
		fprintf(stderr, "usage: rrlog-seeds TRACE OUT RR-LOG\n");
		return 1;
	}
	g_mkdir_with_parents(argv[2], 0700);
	err = rrlog_reader_open(argv[1], &r);
	if (!err && !store_manifests(argv[1], argv[2]))
		err = -EIO;
	if (!err)
		rrlog_reader_set_fetch(r, RRLOG_FETCH_BLOBS);
	if (!err)
		err = make_seeds(r, argv[1], argv[2], argv[3]);
	if (err)
		fprintf(stderr, "rrlog-seeds: %s: %s %s\n", argv[1],
			g_strerror(-err), rrlog_reader_error(r));
	rrlog_reader_close(r);
	return err ? 1 : 0;
}
