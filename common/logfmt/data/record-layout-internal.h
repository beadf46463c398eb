/*
 * What the encoder and the decoder of records share: the bits of the first
 * bytes, and the prediction (FORMAT.md, "Encoding of records").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_LAYOUT_INTERNAL_H
#define RRLOG_RECORD_LAYOUT_INTERNAL_H

#include "common/logfmt/data/record-codec.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/logfmt/base/varint.h"

/* The head: the first byte of a record. */
#define HEAD_TYPE 0x3f
#define HEAD_LANDMARK 0x40
#define HEAD_OUTPUT 0x80
#define HEAD_ENVELOPE 0x00

/* The changes: a byte with a bit for each field that changed, and: */
#define SCALAR_SAME 0x40 /* the data is the predicted scalar */
#define SCALAR_OTHER 0x80 /* the data is another scalar of that size */

/* The changes of a landmark: a bit for each register that changed, and: */
#define OUTPUT_HASH_CHANGED (1u << RR_REG_COUNT)

/*
 * Lowest bit of the size of data: it is in "blobs", a list of ranges is here.
 */
#define SIZE_IN_BLOBS 1

#define ENVELOPE_OPTIONAL 1

/* This field and the type select the scalar that predicts small data. */
#define KEY_FIELD 0

/* RDTSC and RDTSCP read one counter: each predicts the value of the other. */
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

/* The slot of a key: the top bits of a product (Knuth, TAOCP 3, 6.4). */
static inline unsigned int slot_of(uint64_t key)
{
	return (unsigned int)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

static inline struct rrlog_predicted_scalar *
predicted_scalar(struct rrlog_prediction *p, const struct rrlog_record *rec)
{
	return &p->scalar[slot_of(rec->field[KEY_FIELD] + rec->type)];
}

/* Load 1 to 8 bytes, little-endian, without a loop and without a call. */
static inline uint64_t load_scalar(const void *data, size_t bytes)
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

static inline void remember_scalar(struct rrlog_predicted_scalar *scalar,
				   uint64_t value, size_t bytes)
{
	scalar->le = htole64(value);
	scalar->bytes = bytes;
}

/* Larger pieces become "rep movs" and "rep stos" in GCC, which take 15 ns. */
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
