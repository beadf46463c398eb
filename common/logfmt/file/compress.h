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
 * What compresses one frame after the other, in one thread at a time; all zero
 * but for its codec at first.
 */
struct rrlog_compressor {
	enum rrlog_codec codec;
	bool hurry; /* less well */
	void *context; /* the library's memory, kept from frame to frame */
	unsigned int skip, last_skip; /* frames that are not tried */
};

void rrlog_compressor_free(struct rrlog_compressor *c);

/**
 * Compress into @out, which has room for @bytes.  Returns the size, or 0 if the
 * result would not be smaller than the input, or so it seems.
 */
size_t rrlog_compress(struct rrlog_compressor *c, const void *in, size_t bytes,
		      void *out);

/**
 * 0 if @in, all of it, decompresses to exactly @out_bytes; -EBADMSG;
 * -EPROTONOSUPPORT for an unknown codec.
 */
int rrlog_decompress(unsigned int codec, const void *in, size_t bytes,
		     void *out, size_t out_bytes);

#endif
