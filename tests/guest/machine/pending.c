// SPDX-License-Identifier: GPL-2.0
/*
 * DMA of a disk while the guest does nothing but RDMSR that faults: KVM leaves the
 * guest with the exception raised and not delivered, and the DMA comes then.
 */
#include "bare.h"

#define TRANSFERS 30
#define SECTORS 8
#define SECTOR_BYTES 512
#define IDE 0x1f0
#define IDE_CONFIG 0x80000900u /* 00:01.1 of pc */
#define MSR_NONE 0x4b564d01

static volatile uint32_t faults;
__attribute__((used)) static volatile uint32_t resume_at;
static uint8_t sectors[SECTORS * SECTOR_BYTES] __attribute__((aligned(4096)));
static struct {
	uint32_t at;
	uint16_t bytes, flags;
} prd __attribute__((aligned(8)));

__attribute__((interrupt)) static void general_protection(struct frame *frame,
							  uint32_t code)
{
	(void)code;
	faults++;
	frame->ip = resume_at;
}

static uint32_t config_read(uint8_t reg)
{
	outl(0xcf8, IDE_CONFIG | reg);
	return inl(0xcfc);
}

static void fault(void)
{
	__asm__ volatile("movl $1f, resume_at\n\trdmsr\n1:"
			 :
			 : "c"(MSR_NONE)
			 : "eax", "edx", "memory");
}

static void read_by_dma(uint16_t bus_master)
{
	outl(bus_master + 4, (uint32_t)&prd);
	outb(bus_master + 2, 6); /* clear error and interrupt */
	outb(IDE + 6, 0xe0);
	outb(IDE + 2, SECTORS);
	outb(IDE + 3, 0);
	outb(IDE + 4, 0);
	outb(IDE + 5, 0);
	outb(IDE + 7, 0xc8); /* READ DMA */
	outb(bus_master, 9); /* to memory; start */
	do {
		for (int i = 0; i < 20; i++)
			fault();
	} while (inb(bus_master + 2) & 1);
	outb(bus_master, 0);
}

static void scenario(void)
{
	uint16_t bus_master = config_read(0x20) & 0xfff0;

	set_gate(13, general_protection);
	outl(0xcf8, IDE_CONFIG | 4);
	outl(0xcfc, 5); /* I/O ports, bus master */
	prd.at = (uint32_t)sectors;
	prd.bytes = sizeof(sectors);
	prd.flags = 0x8000; /* the last one */
	for (int i = 0; i < TRANSFERS; i++)
		read_by_dma(bus_master);
	print(faults >= TRANSFERS * 20 ? "pending: faults\n" :
					 "pending: none\n");
	print_value("pending: first byte", sectors[0]);
}
