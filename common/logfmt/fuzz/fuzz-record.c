/*
 * Fuzz target: the decoder of records.  A record that decodes must be the same
 * after encoding and decoding it again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "common/logfmt/data/record-codec.h"

static void check_again(const struct rrlog_record *rec)
{
	static struct rrlog_prediction to, from;
	uint8_t *bytes = malloc(RRLOG_RECORD_MAX_BYTES + rec->data_bytes);
	const uint8_t *in = bytes;
	struct rrlog_record again;
	size_t used;

	rrlog_prediction_reset(&to);
	rrlog_prediction_reset(&from);
	if (!bytes || rrlog_record_check(rec))
		abort();
	used = rrlog_record_encode(&to, rec, bytes);
	if (rrlog_record_decode(&from, &in, bytes + used, &again) != 1 ||
	    in != bytes + used || again.data_bytes != rec->data_bytes ||
	    again.type != rec->type ||
	    memcmp(again.field, rec->field, sizeof(rec->field)) ||
	    memcmp(&again.landmark, &rec->landmark, sizeof(rec->landmark)))
		abort();
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct rrlog_prediction p;
	const uint8_t *end = data + bytes;
	struct rrlog_record rec;
	int ret;

	rrlog_prediction_reset(&p);
	while (data != end) {
		ret = rrlog_record_decode(&p, &data, end, &rec);
		if (ret < 0)
			break;
		if (ret)
			check_again(&rec);
	}
	return 0;
}
