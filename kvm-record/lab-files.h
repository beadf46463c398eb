/*
 * The files of this host that a machine needs in the lab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LAB_FILES_H
#define RR_LAB_FILES_H

#include <glib.h>
#include <stdint.h>

#include "kvm-record/vm/vm.h"

struct lab_files {
	GHashTable *paths; /* a set of absolute paths */
	uint64_t bytes; /* the sum of their sizes */
};

void lab_files_init(struct lab_files *files);
void lab_files_clear(struct lab_files *files);

/**
 * Collect the files and directories that the options of @vm name.  Returns the
 * machine as the lab's QEMU gets it, with absolute paths; free it with
 * rr_vm_free().
 */
struct rr_vm *lab_files_collect(struct lab_files *files,
				const struct rr_vm *vm);

#endif
