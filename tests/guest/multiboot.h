/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every guest without an operating system has: the header by which QEMU's
 * -kernel knows it (Multiboot Specification 0.6.96, 3.1), what it is told, and COM1.
 */
#ifndef TESTS_GUEST_MULTIBOOT_H
#define TESTS_GUEST_MULTIBOOT_H

#include <stdint.h>

#define COM1 0x3f8

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {
	0x1badb002,
	0,
	-0x1badb002u,
};

/* Multiboot Specification 0.6.96, 3.3 */
struct multiboot_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
};

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void print_on(uint16_t port, const char *s)
{
	while (*s)
		outb(port, (uint8_t)*s++);
}

static inline void print(const char *s)
{
	print_on(COM1, s);
}

/* NAME and eight hexadecimal digits */
static inline void print_hex(const char *name, uint32_t n)
{
	int i;

	print(name);
	for (i = 28; i >= 0; i -= 4)
		outb(COM1, (uint8_t) "0123456789abcdef"[n >> i & 15]);
}

#endif
