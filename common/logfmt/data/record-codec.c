/*
 * Encoding and decoding records.  The layout of each type follows from its row
 * in RRLOG_RECORDS.  No type is treated apart, except that RDTSC and RDTSCP
 * predict each other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/data/record-decode.h"
#include "common/logfmt/data/record-encode.h"

_Static_assert((1 << RRLOG_MAX_FIELDS) <= SCALAR_SAME,
	       "too few bits for the changes of fields");
_Static_assert(RR_REG_COUNT < 21,
	       "changes of a landmark take over three bytes");
_Static_assert(1 + RRLOG_VARINT_MAX_BYTES * (RR_REG_COUNT + 4) + 6 +
			       RRLOG_VARINT_MAX_BYTES * (RRLOG_MAX_FIELDS + 1) <
		       RRLOG_RECORD_MAX_BYTES,
	       "RRLOG_RECORD_MAX_BYTES");

void rrlog_prediction_reset(struct rrlog_prediction *p)
{
	memset(p, 0, sizeof(*p));
}

size_t rrlog_record_encode(struct rrlog_prediction *p,
			   const struct rrlog_record *rec, uint8_t *out)
{
	return rrlog_encode(p, rec, out);
}

int rrlog_record_decode(struct rrlog_prediction *p, const uint8_t **in,
			const uint8_t *end, struct rrlog_record *rec)
{
	return rrlog_decode(p, in, end, rec);
}
