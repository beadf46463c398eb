/*
 * CRC32C, the checksum of the format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_CHECKSUM_H
#define RRLOG_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** Return the CRC32C of the @bytes at @data. */
uint32_t rrlog_checksum(const void *data, size_t bytes);
/**
 * Extend a CRC32C: given the checksum @before of some bytes, return that of
 * those bytes followed by @data.
 */
uint32_t rrlog_checksum_continue(uint32_t before, const void *data,
				 size_t bytes);

#endif
