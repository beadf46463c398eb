/*
 * Which machines cannot be recorded in the lab, but on a real host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LAB_CHECK_H
#define RR_LAB_CHECK_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/vm/vm.h"

/**
 * Whether the lab can run @vm.  False and @error, which names the option, for a
 * machine that waits for somebody outside of the lab, or that calls somebody
 * there: the lab has no network, and its sockets are its own.
 */
bool lab_check(const struct rr_vm *vm, GError **error);

#endif
