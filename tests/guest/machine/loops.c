// SPDX-License-Identifier: GPL-2.0
/*
 * Loops without a conditional branch that change memory and no register: what tells
 * their iterations apart is that memory alone.  An interrupt ends each.
 */
#include "bare.h"

#define APIC_LVT_TIMER 0x320
#define APIC_COUNT 0x380
#define APIC_DIVIDE 0x3e0
#define VECTOR 0x40
#define PERIOD_NS 3000000u

__attribute__((used)) static volatile uint32_t counts[4];
__attribute__((used)) static volatile uint32_t leave_at;

/* To the end of the loop. */
__attribute__((interrupt)) static void tick(struct frame *frame)
{
	frame->ip = leave_at;
	*apic(APIC_EOI) = 0;
}

static void start_timer(void)
{
	*apic(APIC_DIVIDE) = 0xb; /* by 1: QEMU's timer counts ns */
	*apic(APIC_LVT_TIMER) = VECTOR;
	*apic(APIC_COUNT) = PERIOD_NS;
}

static void absolute(void)
{
	__asm__ volatile("movl $2f, leave_at\n\t"
			 "sti\n"
			 "1:	incl counts\n\t"
			 "jmp 1b\n"
			 "2:	cli"
			 :
			 :
			 : "memory", "cc");
}

/* The operand is named by registers; the flags stay as they are too. */
static void by_register(void)
{
	uint32_t one = 1;

	__asm__ volatile("movl $2f, leave_at\n\t"
			 "sti\n"
			 "1:	notl (%1, %2, 4)\n\t"
			 "lock xaddl %0, 4(%1)\n\t"
			 "movl $1, %0\n\t"
			 "jmp 1b\n"
			 "2:	cli"
			 : "+r"(one)
			 : "r"(counts), "r"(2)
			 : "memory", "cc");
}

/* In a function, whose caller loops. */
static void called(void)
{
	__asm__ volatile("movl %%esp, %%ebx\n\t"
			 "movl $2f, leave_at\n\t"
			 "sti\n"
			 "1:	call 3f\n\t"
			 "jmp 1b\n"
			 "3:	push counts + 12\n\t"
			 "incl (%%esp)\n\t"
			 "popl counts + 12\n\t"
			 "ret\n"
			 "2:	cli\n\t"
			 "movl %%ebx, %%esp"
			 :
			 :
			 : "memory", "cc", "ebx");
}

static void scenario(void)
{
	static const struct {
		void (*loop)(void);
		unsigned int count; /* of counts[]: it changes */
	} loops[] = { { absolute, 0 }, { by_register, 1 }, { called, 3 } };

	set_gate(VECTOR, tick);
	*apic(APIC_SPURIOUS) = 0x1ff;
	for (unsigned int i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		/* Once more if the interrupt came before the loop. */
		while (!counts[loops[i].count]) {
			start_timer();
			loops[i].loop();
		}
	}
	for (unsigned int i = 0; i < 4; i++)
		print_value("loops: count", counts[i]);
}
