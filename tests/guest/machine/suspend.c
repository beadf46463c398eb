// SPDX-License-Identifier: GPL-2.0
/*
 * S3: the guest suspends the machine, the clock's alarm wakes it, and the BIOS jumps to
 * the waking vector, in real mode.
 */
#include "bare.h"

#define WAKE_AT 0x8000u
#define PM1_ENABLE 0x602
#define PM1_CONTROL 0x604
#define RTC_EN 0x400
#define SLEEP_S3 0x2400

extern const uint8_t wake_begin[], wake_end[];
__asm__(".code16\n"
	"wake_begin:\n"
	"	cli\n"
	"	mov %cs, %ax\n"
	"	mov %ax, %ds\n"
	"	cld\n"
	"	mov $(wake_text - wake_begin), %si\n"
	"	mov $0x3f8, %dx\n"
	"1:	lodsb\n"
	"	test %al, %al\n"
	"	jz 2f\n"
	"	out %al, %dx\n"
	"	jmp 1b\n"
	"2:	mov $0x604, %dx\n"
	"	mov $0x2000, %ax\n"
	"	out %ax, %dx\n"
	"3:	hlt\n"
	"	jmp 3b\n"
	"wake_text:\n"
	"	.asciz \"suspend: awake\\n\"\n"
	"wake_end:\n"
	".code32\n");

static int begins_with(const uint8_t *at, const char *text)
{
	while (*text)
		if (*at++ != (uint8_t)*text++)
			return 0;
	return 1;
}

static uint32_t number_at(const uint8_t *at)
{
	return *(const uint32_t *)at;
}

/* The FACS, by way of RSDP, RSDT and FADT; or NULL. */
static uint8_t *find_facs(void)
{
	const uint8_t *rsdp = (const uint8_t *)0xe0000, *rsdt;

	while (!begins_with(rsdp, "RSD PTR "))
		if ((rsdp += 16) == (const uint8_t *)0x100000)
			return 0;
	rsdt = (const uint8_t *)number_at(rsdp + 16);
	for (uint32_t at = 36; at < number_at(rsdt + 4); at += 4) {
		const uint8_t *table = (const uint8_t *)number_at(rsdt + at);

		if (begins_with(table, "FACP"))
			return (uint8_t *)number_at(table + 36);
	}
	return 0;
}

static void cmos_write(uint8_t at, uint8_t value)
{
	outb(0x70, at);
	outb(0x71, value);
}

/* Each second. */
static void set_alarm(void)
{
	for (uint8_t at = 1; at <= 5; at += 2)
		cmos_write(at, 0xff);
	outb(0x70, 0xb);
	cmos_write(0xb, inb(0x71) | 0x20);
	outb(0x70, 0xc);
	inb(0x71);
}

static void scenario(void)
{
	uint8_t *facs = find_facs();

	if (!facs) {
		print("suspend: no FACS\n");
		return;
	}
	for (uint32_t i = 0; wake_begin + i < wake_end; i++)
		((uint8_t *)WAKE_AT)[i] = wake_begin[i];
	*(uint32_t *)(facs + 12) = WAKE_AT;
	print("suspend: to sleep\n");
	outw(PM1_ENABLE, RTC_EN);
	set_alarm();
	outw(PM1_CONTROL, SLEEP_S3);
	for (;;)
		__asm__ volatile("cli; hlt");
}
