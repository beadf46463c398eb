/*
 * The QEMU arguments that libvirt makes, as the recorder needs them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_ARGUMENTS_H
#define RR_LIBVIRT_ARGUMENTS_H

#include <stdbool.h>

#include "kvm-record/vm/vm.h"

/** Whether libvirt only asks QEMU what it can do: its machine is "none". */
bool rr_libvirt_is_probe(const struct rr_vm *vm);

/**
 * The same machine without what the recorder chooses itself (the accelerator
 * and where interrupts come from), and with the words of QEMU 10.0 for what
 * libvirt 9 says in older ones.  Free it with rr_vm_free().
 */
struct rr_vm *rr_libvirt_arguments(const struct rr_vm *vm);

/**
 * The machine of @argv, a text of virConnectDomainXMLToNative(), for the lab:
 * without libvirt's own connections to QEMU, and with QEMU's own network.
 * NULL and @error if @argv is no command line.
 */
struct rr_vm *rr_libvirt_lab_arguments(const char *argv, GError **error);

#endif
