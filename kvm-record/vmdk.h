/*
 * What a VMDK image says of other files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_VMDK_H
#define RR_VMDK_H

/**
 * The files that the image @path is made of: its extents and its parent, as
 * paths from the current directory or absolute ones.  NULL if it is no VMDK
 * image or has no descriptor.  Free it with g_strfreev().
 */
char **vmdk_files_below(const char *path);

#endif
