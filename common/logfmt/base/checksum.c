/*
 * CRC32C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/base/checksum.h"

#include <isa-l/crc.h>
#include <limits.h>

uint32_t rrlog_checksum_continue(uint32_t before, const void *data,
				 size_t bytes)
{
	unsigned char *p = (unsigned char *)data; /* crc32_iscsi() only reads */
	uint32_t crc = ~before;

	while (bytes) {
		int part = bytes < INT_MAX ? (int)bytes : INT_MAX;

		crc = crc32_iscsi(p, part, crc);
		p += part;
		bytes -= (size_t)part;
	}
	return ~crc;
}

uint32_t rrlog_checksum(const void *data, size_t bytes)
{
	return rrlog_checksum_continue(0, data, bytes);
}
