/*
 * Variable-length integers: little-endian groups of 7 bits, the top bit set on
 * all but the last (LEB128), never longer than needed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_VARINT_H
#define RRLOG_VARINT_H

#include <errno.h>
#include <stdint.h>

#define RRLOG_VARINT_MAX_BYTES 10

static inline uint8_t *rrlog_put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

static inline int rrlog_get_varint(const uint8_t **in, const uint8_t *end,
				   uint64_t *value)
{
	const uint8_t *p = *in;
	unsigned int shift;
	uint64_t sum = 0;

	if (p < end && *p < 0x80) { /* most of them */
		*value = *p;
		*in = p + 1;
		return 0;
	}
	for (shift = 0; p < end && shift < 64; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			return -EBADMSG;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (!byte && shift)
			return -EBADMSG;
		*value = sum;
		*in = p;
		return 0;
	}
	return -EBADMSG;
}

/* Signed differences, small in either direction, as small numbers. */
static inline uint64_t rrlog_zigzag(uint64_t difference)
{
	return (difference << 1) ^ (0 - (difference >> 63));
}

static inline uint64_t rrlog_unzigzag(uint64_t value)
{
	return (value >> 1) ^ (0 - (value & 1));
}

#endif
