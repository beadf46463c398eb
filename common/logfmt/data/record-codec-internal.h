/*
 * What encoding and decoding a record share: marks, and the prediction.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_CODEC_INTERNAL_H
#define RRLOG_RECORD_CODEC_INTERNAL_H

#include "common/logfmt/data/record-codec.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/logfmt/base/varint.h"

/* First byte of a record. */
#define HEAD_TYPE 0x3f
#define HEAD_LANDMARK 0x40
#define HEAD_OUTPUT 0x80
#define HEAD_ENVELOPE 0x00

/* Byte before the fields: one bit for each that changed, and: */
#define MAP_SAME_DATA 0x40 /* the number that was predicted */
#define MAP_NUMBER 0x80 /* a number of the predicted size */

/* Map of registers: one bit for each that changed, and: */
#define REGISTERS_OUTPUT_HASH (1u << RR_REG_COUNT)

/* Lowest bit of the size of data that is given in full. */
#define SIZE_IN_BLOBS 1

#define ENVELOPE_OPTIONAL 1

/* With the type it selects the number that small data is predicted from. */
#define KEY_FIELD 0

/* Both read the time stamp counter: each predicts the other's value. */
static inline uint64_t *predicted_fields(struct rrlog_prediction *p,
					 unsigned int type)
{
	if (type == RRLOG_RDTSCP)
		p->fields[RRLOG_RDTSCP].rdtscp.value =
			p->fields[RRLOG_RDTSC].rdtsc.value;
	return p->fields[type].field;
}

static inline void remember_fields(struct rrlog_prediction *p,
				   unsigned int type)
{
	if (type == RRLOG_RDTSCP)
		p->fields[RRLOG_RDTSC].rdtsc.value =
			p->fields[RRLOG_RDTSCP].rdtscp.value;
}

/* Entries are found by the top bits of a product (Knuth, TAOCP 3, 6.4). */
static inline unsigned int entry_of(uint64_t key)
{
	return (unsigned int)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static inline struct rrlog_predicted_number *
predicted_number(struct rrlog_prediction *p, const struct rrlog_record *rec)
{
	return &p->number[entry_of(rec->field[KEY_FIELD] + rec->type)];
}

/* Of 1 to 8 bytes, little-endian, without a loop and without a call. */
static inline uint64_t load_number(const void *data, size_t bytes)
{
	const uint8_t *byte = data;
	uint32_t low_le, high_le;

	if (bytes < sizeof(low_le))
		return byte[0] | (uint64_t)byte[bytes / 2] << bytes / 2 * 8 |
		       (uint64_t)byte[bytes - 1] << (bytes - 1) * 8;
	memcpy(&low_le, byte, sizeof(low_le));
	memcpy(&high_le, byte + bytes - sizeof(high_le), sizeof(high_le));
	return le32toh(low_le) | (uint64_t)le32toh(high_le)
					 << (bytes - sizeof(high_le)) * 8;
}

static inline void remember_number(struct rrlog_predicted_number *number,
				   uint64_t value, size_t bytes)
{
	number->le = htole64(value);
	number->bytes = bytes;
}

/* GCC makes "rep movs" and "rep stos" of more in one piece, which take 15 ns.
 */
#define LANDMARK_PART 64
_Static_assert(sizeof(struct rr_landmark) == 2 * LANDMARK_PART + 24, "parts");

static inline void copy_landmark(struct rr_landmark *to,
				 const struct rr_landmark *from)
{
	const uint8_t *in = (const uint8_t *)from;
	uint8_t *out = (uint8_t *)to;

	memcpy(out, in, LANDMARK_PART);
	memcpy(out + LANDMARK_PART, in + LANDMARK_PART, LANDMARK_PART);
	memcpy(out + 2 * LANDMARK_PART, in + 2 * LANDMARK_PART, 24);
}

static inline void clear_landmark(struct rr_landmark *lm)
{
	uint8_t *out = (uint8_t *)lm;

	memset(out, 0, LANDMARK_PART);
	memset(out + LANDMARK_PART, 0, LANDMARK_PART);
	memset(out + 2 * LANDMARK_PART, 0, 24);
}

#endif
