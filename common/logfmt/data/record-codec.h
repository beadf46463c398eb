/*
 * Encoding and decoding records (FORMAT.md, "Encoding of records").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_RECORD_CODEC_H
#define RRLOG_RECORD_CODEC_H

#include <errno.h>

#include "common/logfmt/rrlog.h"

#define RRLOG_TYPE_LIMIT 64 /* type numbers have 6 bits */
/* The most bytes that an encoded record takes without its data. */
#define RRLOG_RECORD_MAX_BYTES 512
/* Data up to this size is a scalar, predicted by type and first field. */
#define RRLOG_SCALAR_MAX_BYTES 8
#define RRLOG_PREDICTION_SLOTS 256

struct rrlog_predicted_scalar {
	uint64_t le; /* little-endian; zero above its size */
	size_t bytes; /* 0: the slot is empty */
};

extern const struct rrlog_type_info rrlog_types[RRLOG_TYPE_LIMIT];

/** rrlog_type_info() as an inline function, for use once a record. */
static inline const struct rrlog_type_info *rrlog_find_type(unsigned int type)
{
	if (type >= RRLOG_TYPE_LIMIT || !rrlog_types[type].name)
		return NULL;
	return &rrlog_types[type];
}

/* For each type, what follows its head; 0 for a number that is not a type. */
#define RRLOG_LAYOUT_FIELDS 0x3f /* a bit for each field */
#define RRLOG_LAYOUT_DATA 0x40
#define RRLOG_LAYOUT_TYPE 0x80
extern const uint8_t rrlog_layouts[RRLOG_TYPE_LIMIT];

union rrlog_predicted_fields {
	uint64_t field[RRLOG_MAX_FIELDS];
	RRLOG_RECORDS(RRLOG_FIELDS_MEMBER, RRLOG_NO_FIELD)
};

/*
 * What the next record is predicted from; all zero at the start of a frame.
 * The encoder and the decoder keep equal ones.
 */
struct rrlog_prediction {
	uint64_t output_bytes;
	uint32_t output_hash;
	uint64_t branches;
	uint8_t last_landmark; /* slot of the last landmark */
	size_t landmark_bytes; /* of the last record that was decoded */
	struct rr_landmark landmark[RRLOG_PREDICTION_SLOTS]; /* by RIP */
	union rrlog_predicted_fields fields[RRLOG_TYPE_LIMIT];
	struct rrlog_predicted_scalar scalar[RRLOG_PREDICTION_SLOTS];
};

/** Start a frame. */
void rrlog_prediction_reset(struct rrlog_prediction *p);

/** 0, or -EINVAL for a record that cannot be encoded. */
static inline int rrlog_record_check(const struct rrlog_record *rec)
{
	unsigned int layout;

	if (rec->type >= RRLOG_TYPE_LIMIT || rec->stamp > RRLOG_AT_LANDMARK)
		return -EINVAL;
	layout = rrlog_layouts[rec->type];
	if (!layout || rec->data_bytes > RRLOG_MAX_DATA_BYTES)
		return -EINVAL;
	if (!(layout & RRLOG_LAYOUT_DATA))
		return rec->data_bytes || rec->in_blobs ? -EINVAL : 0;
	return rec->data_bytes && !rec->data ? -EINVAL : 0;
}

/**
 * Encode a record that rrlog_record_check() accepts.  @out has room for
 * RRLOG_RECORD_MAX_BYTES plus the data_bytes of the record.  Returns the number
 * of bytes used.
 */
size_t rrlog_record_encode(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out);

/**
 * Decode the record at *@in, which moves behind it. rec->data points into the
 * input or into @p.  Returns 1; 0 if it skipped an optional record of an
 * unknown type; -EBADMSG; -EPROTONOSUPPORT if the unknown type is not optional.
 */
int rrlog_record_decode(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec);

#endif
