/*
 * Files that must be removed when a signal ends the program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_LEFTOVERS_H
#define RRLOG_LEFTOVERS_H

#include <stdbool.h>

/** Whether @name is the name of a file of a trace. */
bool leftovers_is_known(const char *name);

/** Block SIGHUP, SIGINT and SIGTERM, or (@hold false) unblock them. */
void leftovers_hold(bool hold);

/**
 * If one of these signals comes, remove the file @path, or if @dir_fd is not -1
 * the directory @path with the files of a trace in it.  @path NULL: nothing.
 * @path must stay valid.
 */
void leftovers_set(const char *path, int dir_fd);

/**
 * Remove a trace directory.  If it has other files, they and the directory
 * stay.
 */
void leftovers_remove_dir(const char *path, int dir_fd);

#endif
