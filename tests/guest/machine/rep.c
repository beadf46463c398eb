// SPDX-License-Identifier: GPL-2.0
/*
 * REP STOS of more than 50 million iterations, without a conditional branch around
 * it: an interrupt comes far from its beginning, and one behind it.
 */
#include "bare.h"

#define APIC_LVT_TIMER 0x320
#define APIC_COUNT 0x380
#define APIC_DIVIDE 0x3e0
#define VECTOR 0x40
#define ITERATIONS 100000000u
#define TARGET 0x1000000u /* nothing else is in this memory */

static volatile uint32_t ticks, left_at_tick;

/* How many iterations were left?  ECX is REP's. */
__attribute__((used)) static void count_tick(uint32_t left)
{
	ticks++;
	if (left > left_at_tick)
		left_at_tick = left;
	*apic(APIC_EOI) = 0;
}

void tick(void);
__asm__("tick:	pushal\n"
	"	push %ecx\n"
	"	call count_tick\n"
	"	add $4, %esp\n"
	"	popal\n"
	"	iret\n");

/* One interrupt in about @ns. */
static void start_timer(uint32_t ns)
{
	*apic(APIC_DIVIDE) = 0xb; /* by 1: QEMU's timer counts ns */
	*apic(APIC_LVT_TIMER) = VECTOR;
	*apic(APIC_COUNT) = ns;
}

static void fill(uint8_t value)
{
	uint32_t count = ITERATIONS;
	void *at = (void *)TARGET;

	__asm__ volatile("rep stosb"
			 : "+c"(count), "+D"(at)
			 : "a"(value)
			 : "memory");
}

static void scenario(void)
{
	set_gate(VECTOR, tick);
	*apic(APIC_SPURIOUS) = 0x1ff;
	start_timer(40000000);
	__asm__ volatile("sti");
	fill(1);
	__asm__ volatile("cli");
	print(left_at_tick ? "rep: interrupted\n" : "rep: not interrupted\n");
	start_timer(1000);
	fill(2);
	__asm__ volatile("sti; nop; cli");
	print_value("rep: interrupts", ticks);
}
