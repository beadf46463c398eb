/*
 * What must not stay behind when a signal ends the program.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_LEFTOVERS_H
#define RRLOG_LEFTOVERS_H

#include <stdbool.h>

/** A file of a trace; unpack takes no others. */
bool leftovers_is_known(const char *name);

/** Hold SIGHUP, SIGINT and SIGTERM back, while something is made; and not. */
void leftovers_hold(bool hold);

/**
 * Should one of these signals come: remove the file @path or, if @dir_fd is not
 * -1, this folder with the files of a trace in it.  NULL: nothing, any more.
 */
void leftovers_set(const char *path, int dir_fd);

/** Remove such a folder; what is not of a trace stays, and with it the folder. */
void leftovers_remove_folder(const char *path, int dir_fd);

#endif
