/*
 * Files and directories: creation with fixed modes, whole reads and writes.
 * Each function returns a negative errno value on failure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_IO_H
#define RRLOG_IO_H

#include <stddef.h>
#include <stdint.h>

/** Create a directory of mode 0700 whatever the umask; return a descriptor. */
int rrlog_create_dir(const char *path);
/** Create a file of mode 0600 whatever the umask; return a descriptor. */
int rrlog_create_file(int dir_fd, const char *name);
/** Open a regular file for reading; -EINVAL if it is anything else. */
int rrlog_open_file(int dir_fd, const char *name, uint64_t *file_bytes);

/** Write all @bytes at @offset. */
int rrlog_write_all(int fd, const void *data, size_t bytes, uint64_t offset);
/** Read all @bytes at @offset; -EBADMSG if the file ends before. */
int rrlog_read_all(int fd, void *data, size_t bytes, uint64_t offset);

#endif
