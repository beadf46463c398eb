/*
 * A machine from the command line of QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_QEMU_ARGS_H
#define RR_QEMU_ARGS_H

#include "kvm-record/vm/vm.h"

/**
 * The number of arguments in @argv before "--"; those of QEMU follow it, at
 * *@qemu_args, which is NULL if there is no "--".  GOption must not see them.
 */
int rr_qemu_args_split(int argc, char **argv, char ***qemu_args);

/**
 * Parse QEMU's arguments (NULL-terminated, without QEMU's name).  Nothing is
 * wrong here: QEMU itself reports errors.  Free the result with rr_vm_free().
 */
struct rr_vm *rr_vm_from_qemu_args(char *const *args);

#endif
