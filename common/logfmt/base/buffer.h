/*
 * A growing array of bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_BUFFER_H
#define RRLOG_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct rrlog_buffer {
	uint8_t *bytes;
	size_t used_bytes;
	size_t capacity_bytes;
};

/** Make room for @more_bytes after the used ones; 0 or -ENOMEM. */
int rrlog_buffer_reserve(struct rrlog_buffer *buffer, size_t more_bytes);
void rrlog_buffer_free(struct rrlog_buffer *buffer);

#endif
