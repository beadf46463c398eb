/*
 * Records to bytes and back (FORMAT.md, "Records").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_CODEC_H
#define RRLOG_RECORD_CODEC_H

#include <errno.h>

#include "common/logfmt/rrlog.h"

#define RRLOG_TYPE_LIMIT 64 /* type numbers have 6 bits */
/* The most that a record takes without its data. */
#define RRLOG_RECORD_MAX_BYTES 512
/* Data up to this size is a number, predicted by type and first field. */
#define RRLOG_NUMBER_MAX_BYTES 8
#define RRLOG_PREDICTION_ENTRIES 256

struct rrlog_predicted_number {
	uint64_t le; /* little-endian in memory; zero above its size */
	size_t bytes; /* 0: none yet */
};

extern const struct rrlog_type_info rrlog_types[RRLOG_TYPE_LIMIT];

/** rrlog_type_info(), for those who ask for each record. */
static inline const struct rrlog_type_info *rrlog_find_type(unsigned int type)
{
	if (type >= RRLOG_TYPE_LIMIT || !rrlog_types[type].name)
		return NULL;
	return &rrlog_types[type];
}

/* Of each type, what decoding needs to know; 0: there is no such type. */
#define RRLOG_SHAPE_FIELDS 0x3f /* a bit for each */
#define RRLOG_SHAPE_DATA 0x40
#define RRLOG_SHAPE_TYPE 0x80
extern const uint8_t rrlog_shapes[RRLOG_TYPE_LIMIT];

union rrlog_predicted_fields {
	uint64_t field[RRLOG_MAX_FIELDS];
	RRLOG_RECORDS(RRLOG_FIELDS_MEMBER, RRLOG_NO_FIELD)
};

/* What the next record is predicted from; all zero at the start of a frame. */
struct rrlog_prediction {
	uint64_t output_bytes;
	uint32_t output_hash;
	uint64_t branches;
	uint8_t last_landmark; /* entry below */
	size_t landmark_bytes; /* that the last record decoded had */
	struct rr_landmark landmark[RRLOG_PREDICTION_ENTRIES]; /* by RIP */
	union rrlog_predicted_fields fields[RRLOG_TYPE_LIMIT];
	struct rrlog_predicted_number number[RRLOG_PREDICTION_ENTRIES];
};

void rrlog_prediction_reset(struct rrlog_prediction *p);

/** 0, or -EINVAL for a record that cannot be encoded. */
static inline int rrlog_record_check(const struct rrlog_record *rec)
{
	unsigned int shape;

	if (rec->type >= RRLOG_TYPE_LIMIT || rec->stamp > RRLOG_AT_LANDMARK)
		return -EINVAL;
	shape = rrlog_shapes[rec->type];
	if (!shape || rec->data_bytes > RRLOG_MAX_DATA_BYTES)
		return -EINVAL;
	if (!(shape & RRLOG_SHAPE_DATA))
		return rec->data_bytes || rec->in_blobs ? -EINVAL : 0;
	return rec->data_bytes && !rec->data ? -EINVAL : 0;
}

/**
 * Encode a checked record at @out, which has RRLOG_RECORD_MAX_BYTES and the
 * record's data_bytes of room.  Returns the bytes used.
 */
size_t rrlog_record_encode(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out);

/**
 * Decode the record at *@in, which moves on; rec->data points into the input
 * or into @p.  Returns 1; 0 for an optional record that was skipped; -EBADMSG;
 * -EPROTONOSUPPORT for a type that is unknown and not optional.
 */
int rrlog_record_decode(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec);

#endif
