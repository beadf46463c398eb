/*
 * Variable-length integers: little-endian groups of 7 bits, the top bit set on
 * all but the last (LEB128), never longer than needed.
 *
 * Those of a record are of two to eight bytes in no order that a processor
 * could predict; so there are ways for these without a branch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_VARINT_H
#define RRLOG_VARINT_H

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RRLOG_VARINT_MAX_BYTES 10

#define RRLOG_TOP_BITS UINT64_C(0x8080808080808080)

static inline uint8_t *rrlog_put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

/* The 56 low bits of @value, 7 to a byte. */
static inline uint64_t rrlog_spread(uint64_t value)
{
	value = (value & UINT64_C(0xfffffff)) |
		(value & UINT64_C(0xfffffff0000000)) << 4;
	value = (value & UINT64_C(0x3fff00003fff)) |
		(value & UINT64_C(0xfffc0000fffc000)) << 2;
	return (value & UINT64_C(0x7f007f007f007f)) |
	       (value & UINT64_C(0x3f803f803f803f80)) << 1;
}

/* The other way; the top bits do not matter. */
static inline uint64_t rrlog_gather(uint64_t value)
{
	value = (value & UINT64_C(0x7f007f007f007f)) |
		(value & UINT64_C(0x7f007f007f007f00)) >> 1;
	value = (value & UINT64_C(0x3fff00003fff)) |
		(value & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (value & UINT64_C(0xfffffff)) |
	       (value & UINT64_C(0xfffffff00000000)) >> 4;
}

/** The same with RRLOG_VARINT_MAX_BYTES at @out, all of which may change. */
static inline uint8_t *rrlog_put_varint_fast(uint8_t *out, uint64_t value)
{
	unsigned int last; /* byte */
	uint64_t word_le;

	if (value < 0x80) {
		*out = (uint8_t)value;
		return out + 1;
	}
	if (value >> 56)
		return rrlog_put_varint(out, value);
	/* n / 7, rounded down, for n below 64. */
	last = (unsigned int)(63 - __builtin_clzll(value)) * 37 >> 8;
	word_le = htole64(rrlog_spread(value) |
			  (RRLOG_TOP_BITS &
			   ((UINT64_C(1) << (8 * last)) - 1)));
	memcpy(out, &word_le, sizeof(word_le));
	return out + last + 1;
}

static inline int rrlog_get_varint(const uint8_t **in, const uint8_t *end,
				   uint64_t *value)
{
	const uint8_t *p = *in;
	unsigned int shift;
	uint64_t sum = 0;

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

/** The same, where most are followed by more bytes. */
static inline int rrlog_get_varint_fast(const uint8_t **in, const uint8_t *end,
					uint64_t *value)
{
	const uint8_t *p = *in;
	uint64_t word, stop;

	if (p < end && *p < 0x80) {
		*value = *p;
		*in = p + 1;
		return 0;
	}
	if (end - p < (ptrdiff_t)sizeof(word))
		return rrlog_get_varint(in, end, value);
	memcpy(&word, p, sizeof(word));
	word = le64toh(word);
	stop = ~word & RRLOG_TOP_BITS; /* lowest: the last byte's */
	if (!stop)
		return rrlog_get_varint(in, end, value);
	word &= stop ^ (stop - 1);
	/* Of the last byte something must be left. */
	if (!(word >> (__builtin_ctzll(stop) - 7)))
		return -EBADMSG;
	*value = rrlog_gather(word);
	*in = p + __builtin_ctzll(stop) / 8 + 1;
	return 0;
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
