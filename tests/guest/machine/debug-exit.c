// SPDX-License-Identifier: GPL-2.0
/* The guest ends QEMU, with a status: isa-debug-exit at its default port. */
#include "bare.h"

#define DEBUG_EXIT 0x501

static void scenario(void)
{
	print("debug-exit: 3\n");
	outb(DEBUG_EXIT, 3);
}
