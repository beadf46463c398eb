/*
 * Stand-ins for QEMU's machine, for tests of the replayer in one process.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_QEMU_STAND_INS_H
#define TESTS_QEMU_STAND_INS_H

#include "tcg-replay/qemu/replay.h"
#include <setjmp.h>

struct stand_ins {
	sigjmp_buf loop_exit; /* where cpu_loop_exit() leads */
	bool bql;
	int transactions; /* of the memory map, that are open */
	unsigned int ended; /* QEMU was told to end so often ... */
	int status; /* ... with this status */
};

extern struct stand_ins stand_ins;

/** A RAM block of @bytes zeros; @name must stay. */
void stand_ins_make_block(MemoryRegion *mr, const char *name, uint64_t bytes);
void stand_ins_free_block(MemoryRegion *mr);

#endif
