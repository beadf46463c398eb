// SPDX-License-Identifier: GPL-2.0
/*
 * A screen: the last word of the command line says of which kind.  "text": a line, with
 * a colour of its own, no cursor.  "ports": a mode set by the ports of Bochs VBE, pixels.
 * "registers": the same by the adapter's registers in memory, with 16 bits a pixel.
 */
#include "bare.h"

#define ADAPTER 0x11111234u /* QEMU's std VGA */
#define BAR0 0x10
#define BAR2 0x18
#define VBE_REGISTERS 0x500

enum { XRES = 1, YRES, BPP, ENABLE };
#define ENABLED_LFB 0x41
#define WIDTH 320
#define HEIGHT 200

static uint32_t config(uint32_t function, uint32_t reg)
{
	outl(0xcf8, 0x80000000u | function << 8 | reg);
	return inl(0xcfc);
}

static uint32_t find_adapter(void)
{
	uint32_t function = 0;

	while (function < 256 && config(function, 0) != ADAPTER)
		function += 8;
	return function;
}

static void write_text(void)
{
	const char *line = "a line on the guest's screen";
	volatile uint8_t *at = (volatile uint8_t *)0xb8000 + 2 * 80 * 20;
	uint8_t colour = 0x10;

	outw(0x3d4, 0x200a); /* no cursor */
	inb(0x3da); /* the next write to 0x3c0 is an index */
	outb(0x3c0, 0x11); /* the border, and the screen off ... */
	outb(0x3c0, 0x05);
	outb(0x3c0, 0x20); /* and on */
	outb(0x3c8, 1);
	outb(0x3c9, 40);
	outb(0x3c9, 20);
	outb(0x3c9, 5);
	for (; *line; line++) {
		*at++ = (uint8_t)*line;
		*at++ = ++colour;
	}
}

static void set_by_ports(uint16_t reg, uint16_t value)
{
	outw(0x1ce, reg);
	outw(0x1cf, value);
}

static void set_in_memory(uint32_t function, uint16_t reg, uint16_t value)
{
	uint32_t at =
		(config(function, BAR2) & ~0xfu) + VBE_REGISTERS + 2u * reg;

	*(volatile uint16_t *)at = value;
}

static void draw_32(uint32_t memory)
{
	volatile uint32_t *pixel = (volatile uint32_t *)memory;
	uint32_t x, y;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			*pixel++ = x % 256 << 16 | y << 8 | ((x ^ y) & 0xff);
}

static void draw_16(uint32_t memory)
{
	volatile uint16_t *pixel = (volatile uint16_t *)memory;
	uint32_t x, y;

	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			*pixel++ = (uint16_t)(x * y);
}

static void set_mode(uint32_t function, uint16_t bits)
{
	set_in_memory(function, XRES, WIDTH);
	set_in_memory(function, YRES, HEIGHT);
	set_in_memory(function, BPP, bits);
	set_in_memory(function, ENABLE, ENABLED_LFB);
}

static void scenario(void)
{
	const char *line = (const char *)multiboot->command_line;
	uint32_t function = find_adapter();
	uint32_t memory = config(function, BAR0) & ~0xfu;
	char last = 0;

	for (; *line; line++)
		last = *line;
	if (last == 't') {
		write_text();
	} else if (last == '2') {
		set_mode(function, 32);
		draw_32(memory);
	} else if (line[-2] == 'r') {
		set_mode(function, 16);
		draw_16(memory);
	} else {
		set_by_ports(XRES, WIDTH);
		set_by_ports(YRES, HEIGHT);
		set_by_ports(BPP, 32);
		set_by_ports(ENABLE, ENABLED_LFB);
		draw_32(memory);
	}
	print("screen: drawn\n");
}
