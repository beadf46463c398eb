/*
 * Compression of frames: zlib always, zstd when built with RR_HAVE_ZSTD.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/compress.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#ifdef RR_HAVE_ZSTD
#include <zstd.h>
#endif

/*
 * Measured on the records of a boot, on one core: zstd 3 compresses 144 MB/s to
 * 1/1.47, zstd 1 340 MB/s to 1/1.27, zstd -1 434 MB/s to 1/1.20, and zstd 6
 * 63 MB/s to 1/1.51.  A guest makes 8 MB/s of records.  When it makes more data
 * than the thread can write (usually blobs), the levels for a hurry are used.
 */
#define ZLIB_LEVEL 3
#define ZLIB_LEVEL_HURRY 1
#define ZSTD_LEVEL 3
#define ZSTD_LEVEL_HURRY (-1)
/*
 * On blobs level 1 gains 0.2 % (a kernel) to 6 % (a program) less than level 3.
 */
#define ZSTD_LEVEL_LARGE 1
#define LARGE_BYTES (64u << 10)

static const char *const codec_names[] = {
	[RRLOG_CODEC_NONE] = "none",
	[RRLOG_CODEC_ZLIB] = "zlib",
	[RRLOG_CODEC_ZSTD] = "zstd",
};

#define CODEC_COUNT (sizeof(codec_names) / sizeof(codec_names[0]))

#ifdef RR_HAVE_ZSTD
static const bool have_zstd = true;
#else
static const bool have_zstd;
#endif

int rrlog_codec_find(const char *name)
{
	unsigned int codec;

	if (!name)
		return have_zstd ? RRLOG_CODEC_ZSTD : RRLOG_CODEC_ZLIB;
	for (codec = 0; codec < CODEC_COUNT; codec++) {
		if (!strcmp(name, codec_names[codec]))
			break;
	}
	if (codec == CODEC_COUNT)
		return -EINVAL;
	if (codec == RRLOG_CODEC_ZSTD && !have_zstd)
		return -EOPNOTSUPP;
	return (int)codec;
}

const char *rrlog_codec_name(unsigned int codec)
{
	return codec < CODEC_COUNT ? codec_names[codec] : "unknown";
}

static size_t compress_zlib(const struct rrlog_compressor *c, const void *in,
			    size_t bytes, void *out)
{
	uLongf out_bytes = bytes - 1;

	if (compress2(out, &out_bytes, in, bytes,
		      c->hurry ? ZLIB_LEVEL_HURRY : ZLIB_LEVEL) != Z_OK)
		return 0;
	return out_bytes;
}

#ifdef RR_HAVE_ZSTD

static int zstd_level(const struct rrlog_compressor *c, size_t bytes)
{
	if (c->hurry)
		return ZSTD_LEVEL_HURRY;
	return bytes >= LARGE_BYTES ? ZSTD_LEVEL_LARGE : ZSTD_LEVEL;
}

static size_t compress_zstd(struct rrlog_compressor *c, const void *in,
			    size_t bytes, void *out)
{
	size_t n;

	if (!c->context)
		c->context = ZSTD_createCCtx();
	if (!c->context)
		return 0;
	n = ZSTD_compressCCtx(c->context, out, bytes - 1, in, bytes,
			      zstd_level(c, bytes));
	return ZSTD_isError(n) ? 0 : n;
}

void rrlog_compressor_free(struct rrlog_compressor *c)
{
	ZSTD_freeCCtx(c->context);
	c->context = NULL;
}

#else

static size_t compress_zstd(struct rrlog_compressor *c, const void *in,
			    size_t bytes, void *out)
{
	(void)c, (void)in, (void)bytes, (void)out;
	return 0;
}

void rrlog_compressor_free(struct rrlog_compressor *c)
{
	(void)c;
}

#endif

/*
 * Kernels, initial file systems, archives and media are compressed already, and
 * trying to compress them again would be most of the cost of logging them.
 * After a large frame that gains less than a quarter, the next 1, then 3, then
 * always 7 large frames are stored as they are.  The next try begins with a
 * part of the frame at the level for a hurry: a better level compresses a part
 * better than it then compresses the whole.
 */
#define MAX_SKIP 7
#define TRIAL_BYTES (16u << 10)

static bool gains_enough(size_t bytes, size_t result_bytes)
{
	return result_bytes && result_bytes < bytes - bytes / 4;
}

static void note_gain(struct rrlog_compressor *c, size_t bytes,
		      size_t result_bytes)
{
	if (bytes < LARGE_BYTES)
		return;
	if (gains_enough(bytes, result_bytes))
		c->last_skip = 0;
	else if (c->last_skip < MAX_SKIP)
		c->last_skip = 2 * c->last_skip + 1;
	c->skip = c->last_skip;
}

static size_t compress_all(struct rrlog_compressor *c, const void *in,
			   size_t bytes, void *out)
{
	if (c->codec == RRLOG_CODEC_ZLIB)
		return compress_zlib(c, in, bytes, out);
	if (c->codec == RRLOG_CODEC_ZSTD)
		return compress_zstd(c, in, bytes, out);
	return 0;
}

/* Does a part of the frame promise more than the last large frame gained? */
static bool is_promising(struct rrlog_compressor *c, const uint8_t *in,
			 size_t bytes, void *out)
{
	struct rrlog_compressor trial = *c;
	bool promising;

	if (!c->last_skip || bytes < LARGE_BYTES)
		return true;
	trial.hurry = true;
	promising =
		gains_enough(TRIAL_BYTES, compress_all(&trial, in + bytes / 2,
						       TRIAL_BYTES, out));
	c->context = trial.context;
	return promising;
}

size_t rrlog_compress(struct rrlog_compressor *c, const void *in, size_t bytes,
		      void *out)
{
	size_t result_bytes = 0;

	if (bytes < 2)
		return 0;
	if (c->skip && bytes >= LARGE_BYTES) {
		c->skip--;
		return 0;
	}
	if (is_promising(c, in, bytes, out))
		result_bytes = compress_all(c, in, bytes, out);
	note_gain(c, bytes, result_bytes);
	return result_bytes;
}

static int decompress_zlib(const void *in, size_t bytes, void *out,
			   size_t out_bytes)
{
	uLongf produced = out_bytes;
	uLong consumed = bytes;

	if (uncompress2(out, &produced, in, &consumed) != Z_OK)
		return -EBADMSG;
	return produced == out_bytes && consumed == bytes ? 0 : -EBADMSG;
}

static int decompress_zstd(const void *in, size_t bytes, void *out,
			   size_t out_bytes)
{
#ifdef RR_HAVE_ZSTD
	size_t n = ZSTD_decompress(out, out_bytes, in, bytes);

	return !ZSTD_isError(n) && n == out_bytes ? 0 : -EBADMSG;
#else
	(void)in, (void)bytes, (void)out, (void)out_bytes;
	return -EPROTONOSUPPORT;
#endif
}

int rrlog_decompress(unsigned int codec, const void *in, size_t bytes,
		     void *out, size_t out_bytes)
{
	switch (codec) {
	case RRLOG_CODEC_NONE:
		if (bytes != out_bytes)
			return -EBADMSG;
		memcpy(out, in, bytes);
		return 0;
	case RRLOG_CODEC_ZLIB:
		return decompress_zlib(in, bytes, out, out_bytes);
	case RRLOG_CODEC_ZSTD:
		return decompress_zstd(in, bytes, out, out_bytes);
	default:
		return -EPROTONOSUPPORT;
	}
}
