/*
 * qemu-system-rr: QEMU for libvirt, which records.
 *
 * libvirt starts it as the <emulator> of a domain.  When libvirt only asks what
 * it can do, it is QEMU.  Else it changes the arguments to those of a recording,
 * and becomes QEMU: no process stays between the two.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SHIM_H
#define RR_SHIM_H

#include <glib.h>

/* Its name, a link to rr-kvm. */
#define RR_SHIM_NAME "qemu-system-rr"

/*
 * Variables of its environment (<qemu:env>).  TRACE: the trace to make; with a
 * "/" at the end a directory in which each start makes a trace of its own.
 * OPTIONS: options of rr-kvm record, quoted as for a shell.
 */
#define RR_SHIM_TRACE "RR_KVM_TRACE"
#define RR_SHIM_OPTIONS "RR_KVM_OPTIONS"

/** The path of the link, to be freed with g_free(); NULL and @error. */
char *rr_shim_find(GError **error);

/** Its main program; returns only if it fails. */
int rr_shim_main(int argc, char **argv);

#endif
