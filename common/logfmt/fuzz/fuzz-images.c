/*
 * Fuzz target: records that refer to bytes of disk images, and the file
 * "image-0". fuzz.h has the form of the input.  The paths in the input must
 * never be opened: for all images but a packed one, the reader is given a file
 * of ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/logfmt/base/checksum.h"
#include "common/logfmt/data/images.h"

static bool guarded;

/* Our own files, and those beside the trace. */
static void check_path(const char *path)
{
	g_autofree char *beside = NULL, *dir = NULL;

	if (!guarded) /* fuzz_dir() opens the directory the first time */
		return;
	beside = g_path_get_dirname(fuzz_dir());
	dir = g_path_get_dirname(path);
	if (strncmp(path, fuzz_dir(), strlen(fuzz_dir())) &&
	    strcmp(dir, beside))
		abort();
}

/*
 * Linked with --wrap=open,--wrap=stat,--wrap=lstat: the library opens and looks
 * at nothing but these files.
 */
int __real_open(const char *path, int flags, mode_t mode);
int __real_stat(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);

int __wrap_lstat(const char *path, struct stat *st)
{
	check_path(path);
	return __real_lstat(path, st);
}

int __wrap_open(const char *path, int flags, mode_t mode)
{
	check_path(path);
	return __real_open(path, flags, mode);
}

int __wrap_stat(const char *path, struct stat *st)
{
	check_path(path);
	return __real_stat(path, st);
}

static const char *image_path(void)
{
	static char path[128];
	uint8_t bytes[FUZZ_IMAGE_BYTES];
	size_t i;

	if (path[0])
		return path;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = fuzz_image_byte(i);
	snprintf(path, sizeof(path), "%s/disk", fuzz_dir());
	fuzz_store("disk", bytes, sizeof(bytes));
	return path;
}

/* The data must be the bytes that the stored record refers to. */
static void check_bytes(const struct rrlog_record *bare,
			const struct rrlog_record *rec, bool packed)
{
	const struct rrlog_dma_image_fields *named = &bare->dma_image;
	const uint8_t *data = rec->data;
	size_t i;

	if (rec->type != RRLOG_DMA || rec->data_bytes != named->bytes ||
	    rrlog_checksum(data, rec->data_bytes) != named->crc32c)
		abort();
	for (i = 0; !packed && i < rec->data_bytes; i++) {
		if (data[i] != fuzz_image_byte(named->image_offset + i))
			abort();
	}
}

static void read_records(bool packed)
{
	struct rrlog_reader *r =
		fuzz_open(RRLOG_FETCH_BLOBS | RRLOG_FETCH_IMAGES);
	struct rrlog_reader *bare = fuzz_open(0);
	struct rrlog_record rec, bare_rec;
	uint32_t id;
	int ret;

	for (id = packed; id < RRLOG_MAX_IMAGES; id++) {
		if (rrlog_reader_set_image_path(r, id, image_path()))
			abort();
	}
	guarded = true;
	while ((ret = rrlog_reader_next(r, &rec)) > 0) {
		do {
			if (rrlog_reader_next(bare, &bare_rec) != 1)
				abort();
		} while (bare_rec.type == RRLOG_IMAGE);
		if (rec.type == RRLOG_IMAGE || rec.type == RRLOG_DMA_IMAGE)
			abort();
		if (bare_rec.type == RRLOG_DMA_IMAGE)
			check_bytes(&bare_rec, &rec,
				    packed && !bare_rec.dma_image.image);
		else if (fuzz_sum_record(&rec) != fuzz_sum_record(&bare_rec))
			abort();
	}
	guarded = false;
	if (ret < 0 && !rrlog_reader_error(r)[0])
		abort(); /* an error without a text */
	rrlog_reader_close(bare);
	rrlog_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_trace t = { 0 };
	size_t image_bytes;
	bool packed;

	if (bytes < FUZZ_SPLIT_BYTES || bytes > FUZZ_MAX_BYTES)
		return -1;
	t.events.mode = data[0] % FUZZ_MODES;
	packed = !(data[0] / FUZZ_MODES & FUZZ_NO_PACKED_IMAGE);
	image_bytes = data[1] | data[2] << 8;
	data += FUZZ_SPLIT_BYTES;
	bytes -= FUZZ_SPLIT_BYTES;
	if (image_bytes > bytes)
		image_bytes = bytes;
	t.events.bytes = data + image_bytes;
	t.events.size = bytes - image_bytes;
	fuzz_store_trace(&t);
	if (packed)
		fuzz_store("image-0", data, image_bytes);
	else
		fuzz_remove("image-0");
	read_records(packed);
	return 0;
}
