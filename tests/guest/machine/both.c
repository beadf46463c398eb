// SPDX-License-Identifier: GPL-2.0
/* An NMI and an interrupt at the same boundary: the processor takes the NMI first. */
#include "bare.h"

#define VECTOR 0x41
#define ICR_FIXED 0x4000u

static char order[3];
static volatile uint32_t taken;

__attribute__((interrupt)) static void nmi(struct frame *frame)
{
	(void)frame;
	order[taken++ & 1] = 'N';
}

__attribute__((interrupt)) static void interrupt(struct frame *frame)
{
	(void)frame;
	order[taken++ & 1] = 'I';
	*apic(APIC_EOI) = 0;
}

static void scenario(void)
{
	set_gate(2, nmi);
	set_gate(VECTOR, interrupt);
	*apic(APIC_SPURIOUS) = 0x1ff;
	apic_command(ICR_FIXED | VECTOR);
	/* The command is in STI's shadow: what it sends comes with the interrupt. */
	__asm__ volatile("sti\n\tmovl %0, (%1)"
			 :
			 : "r"(ICR_NMI), "r"(apic(APIC_ICR_LOW))
			 : "memory");
	while (taken < 2)
		__asm__ volatile("pause");
	print("both: ");
	print(order);
	print("\n");
}
