/*
 * Files of a trace: creation, whole reads and writes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_IO_H
#define RRLOG_IO_H

#include <stddef.h>
#include <stdint.h>

/** Make the folder, 0700 whatever the umask; returns its descriptor. */
int rrlog_create_dir(const char *path);
/** Make a file in it, 0600 whatever the umask; returns its descriptor. */
int rrlog_create_file(int dir_fd, const char *name);
/** Open a file for reading; it must be a regular one. */
int rrlog_open_file(int dir_fd, const char *name, uint64_t *file_bytes);

int rrlog_write_all(int fd, const void *data, size_t bytes, uint64_t offset);
/** Fewer bytes than asked for (a file that shrank) are -EBADMSG. */
int rrlog_read_all(int fd, void *data, size_t bytes, uint64_t offset);

#endif
