/*
 * Compression of frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_COMPRESS_H
#define RRLOG_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are part of the format. */
enum rrlog_codec {
	RRLOG_CODEC_NONE = 0,
	RRLOG_CODEC_ZLIB = 1,
	RRLOG_CODEC_ZSTD = 2,
};

/** Codec by name, NULL = best; -EINVAL unknown, -EOPNOTSUPP not built in. */
int rrlog_codec_find(const char *name);
const char *rrlog_codec_name(unsigned int codec);

/**
 * Compress into @out, which has room for @bytes; less well if @hurry.  Returns
 * the size, or 0 if the result would not be smaller than the input.
 */
size_t rrlog_compress(enum rrlog_codec codec, bool hurry, const void *in,
		      size_t bytes, void *out);

/**
 * 0 if @in, all of it, decompresses to exactly @out_bytes; -EBADMSG;
 * -EPROTONOSUPPORT for an unknown codec.
 */
int rrlog_decompress(unsigned int codec, const void *in, size_t bytes,
		     void *out, size_t out_bytes);

#endif
