/*
 * Machine types: which of QEMU's is the nearest one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_MACHINE_NAMES_H
#define RR_LIBVIRT_MACHINE_NAMES_H

/**
 * The machine type of the recorder's QEMU (10.0) that is the nearest one to
 * @name, which may be a distribution's; free it with g_free().  NULL if @name is
 * none of pc and q35, or is QEMU's own already.
 */
char *rr_machine_nearest(const char *name);

#endif
