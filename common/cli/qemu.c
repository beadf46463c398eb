/*
 * What the programs that start QEMU share; see qemu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/qemu.h"

#include "common/cli/find.h"

char *rr_qemu_find(GError **error)
{
	return rr_find_file("RR_QEMU", "qemu-system-x86_64", error);
}

char *rr_qemu_escape(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}
