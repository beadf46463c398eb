/*
 * CRC32C, the checksum of the format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_CHECKSUM_H
#define RRLOG_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** CRC32C. */
uint32_t rrlog_checksum(const void *data, size_t bytes);
/** CRC32C of what @before is that of, followed by @data. */
uint32_t rrlog_checksum_continue(uint32_t before, const void *data,
				 size_t bytes);

#endif
