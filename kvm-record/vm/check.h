/*
 * Which machines can be recorded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_VM_CHECK_H
#define RR_VM_CHECK_H

#include <stdbool.h>

#include "kvm-record/vm/vm.h"

/** False, and @error, if @vm has something that cannot be recorded. */
bool rr_vm_check(const struct rr_vm *vm, GError **error);

#endif
