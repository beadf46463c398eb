// SPDX-License-Identifier: GPL-2.0
/*
 * The ib700 watchdog, whose action is an NMI, wakes a guest that has halted.  Then
 * pvpanic says that the guest has panicked.
 */
#include "bare.h"

#define IB700_ENABLE 0x443
#define IB700_DISABLE 0x441
#define PVPANIC 0x505

static volatile uint32_t nmis;

__attribute__((interrupt)) static void nmi(struct frame *frame)
{
	(void)frame;
	nmis++;
	outb(IB700_DISABLE, 0);
}

static void scenario(void)
{
	set_gate(2, nmi);
	print("watchdog: armed\n");
	outb(IB700_ENABLE, 0xf);
	while (!nmis)
		__asm__ volatile("cli; hlt");
	print_value("watchdog: NMIs", nmis);
	outb(PVPANIC, 1);
}
