/*
 * Removing the files of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_REMOVE_INTERNAL_H
#define RRLOG_REMOVE_INTERNAL_H

/**
 * Remove the files of a trace, whichever there are, from the directory @dir_fd,
 * and then the directory, whose path is @path.
 */
int rrlog_remove_files(int dir_fd, const char *path);

#endif
