// SPDX-License-Identifier: GPL-2.0
/*
 * The guest has a device ejected, and with it the memory of its option ROM, which QEMU's
 * RCU thread frees while the guest goes on.
 */
#include "bare.h"

#define SLOT 5
#define HOTPLUG_EJECT 0xae08 /* ACPI's PCI hotplug of pc */
#define HOTPLUG_BUS 0xae10

static uint32_t identity(void)
{
	outl(0xcf8, 0x80000000u | SLOT << 11);
	return inl(0xcfc);
}

static void scenario(void)
{
	unsigned int i;

	print(identity() == 0xffffffff ? "unplug: none\n" :
					 "unplug: is there\n");
	outl(HOTPLUG_BUS, 0);
	outl(HOTPLUG_EJECT, 1 << SLOT);
	print(identity() == 0xffffffff ? "unplug: gone\n" : "unplug: stays\n");
	for (i = 0; i < 3000; i++)
		inb(0x80);
}
