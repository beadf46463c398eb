/*
 * What the fuzz targets share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FUZZ_H
#define RRLOG_FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static inline void fuzz_store(int dir_fd, const char *name, const void *data,
			      size_t bytes)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes)
		abort();
	close(fd);
}

/* A folder for this process, in memory where the machine has such a place. */
static inline const char *fuzz_dir(int *dir_fd)
{
	static char path[64] = "/dev/shm/rrlog-fuzz-XXXXXX";

	if (!mkdtemp(path)) {
		strcpy(path, "/tmp/rrlog-fuzz-XXXXXX");
		if (!mkdtemp(path))
			abort();
	}
	*dir_fd = open(path, O_RDONLY | O_DIRECTORY);
	if (*dir_fd < 0)
		abort();
	return path;
}

#endif
