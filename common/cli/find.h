/*
 * The files that belong to the programs, in the build or installed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_FIND_H
#define RR_FIND_H

#include <glib.h>

/**
 * Find a file or directory: $@variable if that is set; else @relative to the
 * directory of the running program ("../lab/run.sh"); else the same name in the
 * installed directory.  @variable may be NULL.
 * Returns an absolute path, to be freed with g_free(), or NULL and @error.
 */
char *rr_find_file(const char *variable, const char *relative, GError **error);

#endif
