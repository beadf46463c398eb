// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that reads a port with REP INS, and writes the text screen with REP MOVS,
 * while a fast timer interrupts it.  It counts how often that happens at such an
 * instruction with ECX zero: where KVM stands after the last iteration.
 */
#include "bare.h"

#define ROUNDS 400
#define BYTES 960
#define SCREEN_ROUNDS 4000
#define SCREEN_BYTES 2
#define SCREEN ((uint8_t *)0xb8000)
#define FW_CFG_DATA 0x511

static uint8_t buffer[BYTES];
__attribute__((used)) static volatile uint32_t ticks, after_ins, after_movs;

/* Without a conditional branch. */
extern char timer[];
__asm__(".macro count_at instruction counter\n"
	"	xor %eax, %eax\n"
	"	cmpl $\\instruction, 4(%esp)\n"
	"	sete %al\n"
	"	cmp $1, %ecx\n"
	"	sbb %ah, %ah\n"
	"	and %ah, %al\n"
	"	movzbl %al, %eax\n"
	"	add %eax, \\counter\n"
	".endm\n"
	"timer:\n"
	"	push %eax\n"
	"	incl ticks\n"
	"	count_at reading after_ins\n"
	"	count_at writing after_movs\n"
	"	mov $0x20, %al\n"
	"	outb %al, $0x20\n"
	"	pop %eax\n"
	"	iret\n");

static uint32_t read_port(void)
{
	uint32_t i, digest = 1;

	for (i = 0; i < ROUNDS; i++) {
		uint8_t *to = buffer;
		uint32_t count = BYTES;

		__asm__ volatile("reading:\n\trep insb"
				 : "+D"(to), "+c"(count)
				 : "d"(FW_CFG_DATA)
				 : "memory");
		digest = digest * 69069 + (uint32_t)(to - buffer) + buffer[i];
	}
	return digest;
}

static void write_screen(void)
{
	uint32_t i;

	for (i = 0; i < SCREEN_ROUNDS; i++) {
		const uint8_t *from = &buffer[i % (BYTES - SCREEN_BYTES)];
		uint8_t *to = SCREEN;
		uint32_t count = SCREEN_BYTES;

		__asm__ volatile("writing:\n\trep movsb"
				 : "+S"(from), "+D"(to), "+c"(count)
				 :
				 : "memory");
	}
}

static void scenario(void)
{
	uint32_t digest;

	start_8254(timer);
	__asm__ volatile("sti");
	digest = read_port();
	write_screen();
	__asm__ volatile("cli");
	print_value("strings: ticks", ticks);
	print_value("strings: after INS", after_ins);
	print_value("strings: after MOVS", after_movs);
	print_value("strings: digest", digest);
}
