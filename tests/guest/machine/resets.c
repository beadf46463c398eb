// SPDX-License-Identifier: GPL-2.0
/*
 * Each way in which a guest resets its machine, one after the other.  CMOS RAM keeps
 * how many there were.
 */
#include "bare.h"

#define CMOS_STAGE 0x60 /* nobody else uses it */
#define STAGE_MAGIC 0xa0

static uint8_t cmos_read(uint8_t at)
{
	outb(0x70, at);
	return inb(0x71);
}

static void cmos_write(uint8_t at, uint8_t value)
{
	outb(0x70, at);
	outb(0x71, value);
}

static void wait(void)
{
	for (;;)
		__asm__ volatile("pause");
}

static void scenario(void)
{
	uint8_t stage = cmos_read(CMOS_STAGE);

	if ((stage & 0xf0) != STAGE_MAGIC)
		stage = STAGE_MAGIC;
	cmos_write(CMOS_STAGE, stage + 1);
	switch (stage & 0xf) {
	case 0:
		print("reset: 0xcf9\n");
		outb(0xcf9, 0x06);
		wait();
		break;
	case 1:
		print("reset: 0x92\n");
		outb(0x92, inb(0x92) & ~1u);
		outb(0x92, inb(0x92) | 1);
		wait();
		break;
	case 2:
		print("reset: keyboard controller\n");
		outb(0x64, 0xfe);
		wait();
		break;
	case 3:
		print("reset: INIT\n");
		*apic(APIC_SPURIOUS) = 0x1ff;
		apic_command(ICR_INIT);
		wait();
		break;
	case 4:
		print("reset: triple fault\n");
		load_idt(0);
		__asm__ volatile("int3");
		break;
	default:
		print("reset: done\n");
		cmos_write(CMOS_STAGE, 0);
	}
}
