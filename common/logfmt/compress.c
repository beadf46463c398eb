/*
 * Compression of frames: zlib always, zstd when built with RR_HAVE_ZSTD.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "compress.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>
#ifdef RR_HAVE_ZSTD
#include <zstd.h>
#endif

/*
 * A boot's records, MB/s on one core and gain: zstd 3: 144, 1.47 to 1; 1: 340,
 * 1.27; -1: 434, 1.20; 6: 63, 1.51.  A guest makes 8 MB/s of them; when it
 * makes more than is written (usually of blobs) there is less care.
 */
#define ZLIB_LEVEL 3
#define ZLIB_LEVEL_HURRY 1
#define ZSTD_LEVEL 3
#define ZSTD_LEVEL_HURRY (-1)

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

static size_t compress_zlib(bool hurry, const void *in, size_t bytes, void *out)
{
	uLongf out_bytes = bytes - 1;

	if (compress2(out, &out_bytes, in, bytes,
		      hurry ? ZLIB_LEVEL_HURRY : ZLIB_LEVEL) != Z_OK)
		return 0;
	return out_bytes;
}

static size_t compress_zstd(bool hurry, const void *in, size_t bytes, void *out)
{
#ifdef RR_HAVE_ZSTD
	size_t n = ZSTD_compress(out, bytes - 1, in, bytes,
				 hurry ? ZSTD_LEVEL_HURRY : ZSTD_LEVEL);

	return ZSTD_isError(n) ? 0 : n;
#else
	(void)hurry, (void)in, (void)bytes, (void)out;
	return 0;
#endif
}

size_t rrlog_compress(enum rrlog_codec codec, bool hurry, const void *in,
		      size_t bytes, void *out)
{
	if (bytes < 2)
		return 0;
	switch (codec) {
	case RRLOG_CODEC_ZLIB:
		return compress_zlib(hurry, in, bytes, out);
	case RRLOG_CODEC_ZSTD:
		return compress_zstd(hurry, in, bytes, out);
	default:
		return 0;
	}
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
