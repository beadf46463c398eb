// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that never ends and never halts: it counts NMIs, and reads an MSR that does
 * not exist, so that there is always an exit whose exception is not delivered yet.
 */
#include "bare.h"

static volatile uint32_t nmis, faults;

__attribute__((interrupt)) static void nmi(struct frame *frame)
{
	(void)frame;
	nmis++;
	print_value("spin: NMIs", nmis);
}

/* Go on behind RDMSR, which has two bytes. */
__attribute__((interrupt)) static void general_protection(struct frame *frame,
							  uint32_t code)
{
	(void)code;
	faults++;
	frame->ip += 2;
}

static void scenario(void)
{
	set_gate(2, nmi);
	set_gate(13, general_protection);
	print("spin: ready\n");
	for (;;)
		__asm__ volatile("rdmsr" : : "c"(0x4b564d01) : "eax", "edx");
}
