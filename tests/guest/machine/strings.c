// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that reads a port with REP INS while a fast timer interrupts it.  It counts
 * how often that happens at such an instruction with ECX zero: where KVM stands after
 * the last iteration.
 */
#include "bare.h"

#define ROUNDS 400
#define BYTES 960
#define FW_CFG_DATA 0x511
#define TIMER 0x20

static uint8_t buffer[BYTES];
__attribute__((used)) static volatile uint32_t ticks, at_the_end;

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

static void start_timer(void)
{
	static const uint8_t commands[] = { TIMER, 1 << 2, 1 };
	unsigned int i;

	set_gate(TIMER, timer);
	outb(0x20, 0x11);
	for (i = 0; i < sizeof(commands); i++)
		outb(0x21, commands[i]);
	outb(0x21, 0xfe);
	/* 8254: channel 0 at 5 kHz. */
	outb(0x43, 0x34);
	outb(0x40, 239);
	outb(0x40, 0);
}

static void scenario(void)
{
	uint32_t i, digest = 1;

	start_timer();
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
	print_value("strings: ticks", ticks);
	print_value("strings: at the end", at_the_end);
	print_value("strings: digest", digest);
}
