/*
 * A growing array of bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rrlog_buffer_reserve(struct rrlog_buffer *buffer, size_t more_bytes)
{
	size_t wanted = buffer->used_bytes + more_bytes;
	size_t capacity = buffer->capacity_bytes;
	uint8_t *bytes;

	if (wanted <= capacity)
		return 0;
	if (wanted < capacity + capacity / 2)
		wanted = capacity + capacity / 2;
	bytes = realloc(buffer->bytes, wanted);
	if (!bytes)
		return -ENOMEM;
	buffer->bytes = bytes;
	buffer->capacity_bytes = wanted;
	return 0;
}

void rrlog_buffer_free(struct rrlog_buffer *buffer)
{
	free(buffer->bytes);
	memset(buffer, 0, sizeof(*buffer));
}
