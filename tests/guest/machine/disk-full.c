// SPDX-License-Identifier: GPL-2.0
/* The guest writes to its IDE disk, whose file has no room: QEMU pauses the machine. */
#include "bare.h"

#define IDE 0x1f0
#define STATUS (IDE + 7)
#define BUSY 0x80
#define HAS_ROOM 0x08
#define WRITE 0x30
#define SECTORS 2048u

static void write_sector(uint32_t sector)
{
	unsigned int i;

	outb(IDE + 2, 1);
	outb(IDE + 3, (uint8_t)sector);
	outb(IDE + 4, (uint8_t)(sector >> 8));
	outb(IDE + 5, (uint8_t)(sector >> 16));
	outb(IDE + 6, 0xe0);
	outb(STATUS, WRITE);
	while ((inb(STATUS) & (BUSY | HAS_ROOM)) != HAS_ROOM)
		;
	for (i = 0; i < 256; i++)
		outw(IDE, (uint16_t)(sector + i));
	while (inb(STATUS) & BUSY)
		;
}

static void scenario(void)
{
	uint32_t sector;

	for (sector = 0; sector < SECTORS; sector++) {
		if (sector % 16 == 0)
			print_value("disk-full: sector", sector);
		write_sector(sector);
	}
	print("disk-full: all are written\n");
}
