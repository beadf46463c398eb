/*
 * Variable-length integers (LEB128): groups of 7 bits, the lowest first, with
 * the top bit set on all bytes but the last; never longer than needed.
 *
 * The varints of a record have two to eight bytes in an order that no branch
 * predictor can guess.  The functions that records use encode and decode these
 * lengths without a branch.
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

/** Encode @value at @out; return the end. */
static inline uint8_t *rrlog_put_varint(uint8_t *out, uint64_t value)
{
	while (value >= 0x80) {
		*out++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*out++ = (uint8_t)value;
	return out;
}

/* Spread the 56 low bits of @value, 7 to a byte. */
static inline uint64_t rrlog_spread(uint64_t value)
{
	value = (value & UINT64_C(0xfffffff)) |
		(value & UINT64_C(0xfffffff0000000)) << 4;
	value = (value & UINT64_C(0x3fff00003fff)) |
		(value & UINT64_C(0xfffc0000fffc000)) << 2;
	return (value & UINT64_C(0x7f007f007f007f)) |
	       (value & UINT64_C(0x3f803f803f803f80)) << 1;
}

/* Undo rrlog_spread(); the top bit of each byte is ignored. */
static inline uint64_t rrlog_gather(uint64_t value)
{
	value = (value & UINT64_C(0x7f007f007f007f)) |
		(value & UINT64_C(0x7f007f007f007f00)) >> 1;
	value = (value & UINT64_C(0x3fff00003fff)) |
		(value & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (value & UINT64_C(0xfffffff)) |
	       (value & UINT64_C(0xfffffff00000000)) >> 4;
}

/**
 * As rrlog_put_varint(), but faster.  There is room for RRLOG_VARINT_MAX_BYTES
 * at @out, and all of them may change.
 */
static inline uint8_t *rrlog_put_varint_fast(uint8_t *out, uint64_t value)
{
	unsigned int last; /* index of the last byte */
	uint64_t word_le;

	if (value < 0x80) {
		*out = (uint8_t)value;
		return out + 1;
	}
	if (value >> 56)
		return rrlog_put_varint(out, value);
	/* The index of the highest bit divided by 7: n * 37 >> 8 for n < 64. */
	last = (unsigned int)(63 - __builtin_clzll(value)) * 37 >> 8;
	word_le = htole64(rrlog_spread(value) |
			  (RRLOG_TOP_BITS & ((UINT64_C(1) << (8 * last)) - 1)));
	memcpy(out, &word_le, sizeof(word_le));
	return out + last + 1;
}

struct rrlog_varint {
	const uint8_t *next; /* the byte after it; NULL if it is malformed */
	uint64_t value;
};

/**
 * Decode a varint of any length.  Not inline, so that the values of the fast
 * way stay in registers.
 */
struct rrlog_varint rrlog_decode_long_varint(const uint8_t *in,
					     const uint8_t *end);

/** Decode a varint; without a branch if 8 bytes of input are left. */
static inline struct rrlog_varint rrlog_decode_varint(const uint8_t *in,
						      const uint8_t *end)
{
	struct rrlog_varint v = { NULL, 0 };
	uint64_t word, stop;
	unsigned int bits;

	if (end - in < (ptrdiff_t)sizeof(word))
		return rrlog_decode_long_varint(in, end);
	if (*in < 0x80) {
		v.value = *in;
		v.next = in + 1;
		return v;
	}
	memcpy(&word, in, sizeof(word));
	word = le64toh(word);
	/* The lowest bit set marks the last byte. */
	stop = ~word & RRLOG_TOP_BITS;
	if (!stop)
		return rrlog_decode_long_varint(in, end);
	bits = (unsigned int)__builtin_ctzll(stop);
	word &= stop ^ (stop - 1);
	/* A last byte of zero would make it longer than needed. */
	if (word >> (bits - 7)) {
		v.value = rrlog_gather(word);
		v.next = in + bits / 8 + 1;
	}
	return v;
}

/** Decode the varint at *@in, which moves on; 0 or -EBADMSG. */
static inline int rrlog_get_varint(const uint8_t **in, const uint8_t *end,
				   uint64_t *value)
{
	struct rrlog_varint v = rrlog_decode_varint(*in, end);

	if (!v.next)
		return -EBADMSG;
	*value = v.value;
	*in = v.next;
	return 0;
}

/* Map small differences of either sign to small numbers. */
static inline uint64_t rrlog_zigzag(uint64_t difference)
{
	return (difference << 1) ^ (0 - (difference >> 63));
}

static inline uint64_t rrlog_unzigzag(uint64_t value)
{
	return (value >> 1) ^ (0 - (value & 1));
}

#endif
