/*
 * How much memory a machine has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_VM_MEMORY_H
#define RR_VM_MEMORY_H

#include <stdint.h>

#include "kvm-record/vm/vm.h"

/**
 * The guest's memory in MiB: that of -m, and of all objects with a size.  An
 * object that is the memory of -m is counted twice; the result is no less than
 * what QEMU allocates.
 */
uint64_t rr_vm_memory_mib(const struct rr_vm *vm);

#endif
