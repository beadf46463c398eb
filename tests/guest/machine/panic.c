// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that panics: the machine pauses (-action panic=pause), and stands until
 * somebody stops the recording.
 */
#include "bare.h"

#define PVPANIC 0x505
#define PANICKED 1

static void scenario(void)
{
	print("panic: now\n");
	outb(PVPANIC, PANICKED);
	print("panic: went on\n");
}
