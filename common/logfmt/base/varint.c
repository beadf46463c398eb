/*
 * Variable-length integers that are long, damaged, or near the end of the
 * input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/base/varint.h"

struct rrlog_varint rrlog_decode_long_varint(const uint8_t *in,
					     const uint8_t *end)
{
	struct rrlog_varint none = { NULL, 0 };
	unsigned int shift;
	uint64_t sum = 0;

	for (shift = 0; in < end && shift < 64; shift += 7) {
		uint8_t byte = *in++;

		if (shift == 63 && byte > 1)
			return none;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (!byte && shift)
			return none;
		return (struct rrlog_varint){ in, sum };
	}
	return none;
}
