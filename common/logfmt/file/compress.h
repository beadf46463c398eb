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

/* The numbers are part of the format. */
enum rrlog_codec {
	RRLOG_CODEC_NONE = 0,
	RRLOG_CODEC_ZLIB = 1,
	RRLOG_CODEC_ZSTD = 2,
};

/**
 * The codec of that name, or the best one for NULL; -EINVAL if it is unknown,
 * -EOPNOTSUPP if this library was built without it.
 */
int rrlog_codec_find(const char *name);
const char *rrlog_codec_name(unsigned int codec);

/*
 * State that is kept from one frame to the next.  One thread at a time; all
 * zero at first, except the codec.
 */
struct rrlog_compressor {
	enum rrlog_codec codec;
	bool hurry; /* compress faster, and less */
	void *context; /* memory of the compression library */
	unsigned int skip; /* large frames to store without trying */
	unsigned int last_skip; /* the value that .skip had last time */
};

void rrlog_compressor_free(struct rrlog_compressor *c);

/**
 * Compress into @out, which has room for @bytes.  Return the size of the
 * result, or 0 if it is not smaller than the input, or does not promise to be.
 */
size_t rrlog_compress(struct rrlog_compressor *c, const void *in, size_t bytes,
		      void *out);

/**
 * Decompress the @bytes at @in to exactly @out_bytes.  -EBADMSG if they do not
 * give that many or some are left over; -EPROTONOSUPPORT for an unknown codec.
 */
int rrlog_decompress(unsigned int codec, const void *in, size_t bytes,
		     void *out, size_t out_bytes);

#endif
