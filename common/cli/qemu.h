/*
 * What the programs that start QEMU share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_QEMU_H
#define RR_QEMU_H

#include <glib.h>

/**
 * The QEMU of the project: $RR_QEMU, or that of the build or the installation.
 * Returns a path, to be freed with g_free(), or NULL and @error.
 */
char *rr_qemu_find(GError **error);

/**
 * Text as the value of a key in a comma list of QEMU's, where "," is written
 * ",,".  Free it with g_free().
 */
char *rr_qemu_escape(const char *text);

#endif
