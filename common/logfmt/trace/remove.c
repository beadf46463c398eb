/*
 * Removing the directory of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/logfmt/file/format.h"
#include "common/logfmt/trace/remove-internal.h"

int rrlog_remove_files(int dir_fd, const char *path)
{
	static const char *const files[] = {
		RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES, RRLOG_FILE_BLOBS,
		RRLOG_FILE_EVENTS,   RRLOG_FILE_INDEX, RRLOG_FILE_MANIFEST_END,
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlinkat(dir_fd, files[i], 0) && errno != ENOENT)
			return -errno;
	return rmdir(path) ? -errno : 0;
}

int rrlog_trace_remove(const char *path)
{
	int dir_fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err = -EINVAL;

	if (dir_fd < 0)
		return errno == ENOENT ? -ENOENT : -EINVAL;
	if (!faccessat(dir_fd, RRLOG_FILE_MANIFEST, F_OK, 0))
		err = rrlog_remove_files(dir_fd, path);
	close(dir_fd);
	return err;
}
