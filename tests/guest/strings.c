// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot).  It reads ports with REP INS
 * while a fast timer interrupts it, and counts how often it is interrupted at
 * such an instruction with ECX zero: where KVM stands after the last iteration.
 */
#include <stdint.h>

#define ROUNDS 400
#define BYTES 960
#define COM1 0x3f8
#define FW_CFG_DATA 0x511
#define TIMER 0x20

struct gate {
	uint16_t low, selector, type, high;
};

static struct gate idt[TIMER + 1];
__attribute__((used)) static uint8_t stack[8192], buffer[BYTES];
__attribute__((used)) static volatile uint32_t ticks, at_the_end;

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {
	0x1badb002,
	0,
	-0x1badb002u,
};

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *s)
{
	while (*s)
		outb(COM1, *s++);
}

static void print_number(const char *name, uint32_t x)
{
	int i;

	print(name);
	for (i = 28; i >= 0; i -= 4)
		outb(COM1, "0123456789abcdef"[(x >> i) & 15]);
}

/* Without a conditional branch. */
extern char timer[];
__asm__("timer:\n"
	"	push %eax\n"
	"	incl ticks\n"
	"	xor %eax, %eax\n"
	"	cmpl $repeated, 4(%esp)\n"
	"	sete %al\n"
	"	cmp $1, %ecx\n"
	"	sbb %ah, %ah\n"
	"	and %ah, %al\n"
	"	movzbl %al, %eax\n"
	"	add %eax, at_the_end\n"
	"	mov $0x20, %al\n"
	"	outb %al, $0x20\n"
	"	pop %eax\n"
	"	iret\n");

static void set_up(void)
{
	static const uint8_t commands[] = { TIMER, 1 << 2, 1 };
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint32_t)idt };
	uint16_t cs;
	unsigned int i;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	idt[TIMER] = (struct gate){ (uint32_t)timer, cs, 0x8e00,
				    (uint32_t)timer >> 16 };
	__asm__ volatile("lidt %0" : : "m"(idtr));
	outb(0x20, 0x11);
	for (i = 0; i < sizeof(commands); i++)
		outb(0x21, commands[i]);
	outb(0x21, 0xfe);
	/* 8254: channel 0 at 5 kHz. */
	outb(0x43, 0x34);
	outb(0x40, 239);
	outb(0x40, 0);
}

__attribute__((used)) static void start(void)
{
	uint32_t i, digest = 1;

	set_up();
	__asm__ volatile("sti");
	for (i = 0; i < ROUNDS; i++) {
		uint8_t *to = buffer;
		uint32_t count = BYTES;

		__asm__ volatile("repeated:\n\trep insb"
				 : "+D"(to), "+c"(count)
				 : "d"(FW_CFG_DATA)
				 : "memory");
		digest = digest * 69069 + (uint32_t)(to - buffer) + buffer[i];
	}
	__asm__ volatile("cli");
	print_number("strings: ticks ", ticks);
	print_number(" at the end ", at_the_end);
	print_number(" digest ", digest);
	print("\n");
	/* Power off: SLP_EN and S5 in ACPI's PM1a_CNT of QEMU's pc. */
	__asm__ volatile("outw %0, %1"
			 :
			 : "a"((uint16_t)0x2000), "Nd"((uint16_t)0x604));
	for (;;)
		__asm__ volatile("cli; hlt");
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov $stack + 8192, %esp\n"
	"	call start\n");
