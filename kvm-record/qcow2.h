/*
 * What a qcow2 image says of other files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_QCOW2_H
#define RR_QCOW2_H

/**
 * The files that the image @path is made upon: its backing file and its data
 * file, as paths from the current directory.  NULL if it is no qcow2 image, or
 * has none.  Free it with g_strfreev().
 */
char **qcow2_files_below(const char *path);

#endif
