/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guests in this directory share.  Each is a multiboot kernel in 32-bit
 * mode, without paging and devices' drivers: one scenario a file, in scenario().
 * It prints to COM1, and the machine is powered off when it returns.
 */
#ifndef TESTS_GUEST_MACHINE_BARE_H
#define TESTS_GUEST_MACHINE_BARE_H

#include "../multiboot.h"

#define APIC_BASE 0xfee00000u
#define APIC_ID 0x20
#define APIC_EOI 0xb0
#define APIC_SPURIOUS 0xf0
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310
#define ICR_NMI 0x400u
#define ICR_INIT 0x4500u /* level: assert */

struct gate {
	uint16_t offset_low, selector, attributes, offset_high;
};

struct frame {
	uint32_t ip, cs, flags;
};

static struct gate idt[256] __attribute__((aligned(8)));
__attribute__((used)) static uint8_t stack[8192];

__attribute__((used)) static const struct multiboot_info *multiboot;

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void print_number(uint32_t n)
{
	char text[11], *p = &text[10];

	*p = 0;
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	print(p);
}

/* "NAME VALUE" in a line */
static inline void print_value(const char *name, uint32_t n)
{
	print(name);
	print(" ");
	print_number(n);
	print("\n");
}

static inline void set_gate(unsigned int vector, const void *handler)
{
	uint32_t at = (uint32_t)handler;
	uint16_t cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	idt[vector] =
		(struct gate){ (uint16_t)at, cs, 0x8e00, (uint16_t)(at >> 16) };
}

static inline void load_idt(uint16_t limit)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) idtr = { limit, (uint32_t)idt };

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

/* Switch paging on, with pages of 4 MiB. */
static inline void start_paging(const uint32_t *directory)
{
	__asm__ volatile(
		"mov %%cr4, %%eax; or $0x10, %%eax; mov %%eax, %%cr4\n\t"
		"mov %0, %%cr3\n\t"
		"mov %%cr0, %%eax; or $0x80000000, %%eax; mov %%eax, %%cr0"
		:
		: "r"(directory)
		: "eax", "memory");
}

#define VECTOR_8254 0x20

/* The 8254's channel 0 interrupts at 5 kHz, and nothing else does. */
static inline void start_8254(const void *handler)
{
	static const uint8_t commands[] = { VECTOR_8254, 1 << 2, 1 };
	unsigned int i;

	set_gate(VECTOR_8254, handler);
	outb(0x20, 0x11);
	for (i = 0; i < sizeof(commands); i++)
		outb(0x21, commands[i]);
	outb(0x21, 0xfe);
	outb(0x43, 0x34);
	outb(0x40, 239);
	outb(0x40, 0);
}

static inline volatile uint32_t *apic(uint32_t reg)
{
	return (volatile uint32_t *)(APIC_BASE + reg);
}

/* An interrupt command to this processor itself. */
static inline void apic_command(uint32_t low)
{
	*apic(APIC_ICR_HIGH) = *apic(APIC_ID);
	*apic(APIC_ICR_LOW) = low;
}

/* Power off: SLP_EN and S5 in ACPI's PM1a_CNT of QEMU's pc. */
static inline void power_off(void)
{
	outw(0x604, 0x2000);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void scenario(void);

__attribute__((used)) static void start(void)
{
	/* The BIOS has left the timer on, at a vector without a gate. */
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	load_idt(sizeof(idt) - 1);
	scenario();
	power_off();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov $stack + 8192, %esp\n"
	"	mov %ebx, multiboot\n"
	"	call start\n");

#endif
