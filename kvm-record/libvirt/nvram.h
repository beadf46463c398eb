/*
 * The variables of UEFI firmware.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_NVRAM_H
#define RR_LIBVIRT_NVRAM_H

#include <stdbool.h>

#include "kvm-record/vm/vm.h"

/**
 * libvirt makes the file with the variables when it starts a domain.  If that
 * which @vm names does not exist, make @path from the template that belongs to
 * the firmware, and let @vm name it.  False and @error if there is none.
 */
bool rr_libvirt_make_nvram(struct rr_vm *vm, const char *path, GError **error);

#endif
