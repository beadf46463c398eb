// SPDX-License-Identifier: GPL-2.0
/*
 * NMIs that the guest sends to itself: alone; while NMIs are blocked; and together
 * with an interrupt.
 */
#include "bare.h"

#define VECTOR 0x40

static volatile uint32_t nmis, interrupts, sent_in_nmi;

__attribute__((interrupt)) static void nmi(struct frame *frame)
{
	(void)frame;
	nmis++;
	if (!sent_in_nmi) {
		sent_in_nmi = 1;
		apic_command(ICR_NMI);
		/* It must not come before IRET. */
		print_value("nmi: blocked, so far", nmis);
	}
}

__attribute__((interrupt)) static void interrupt(struct frame *frame)
{
	(void)frame;
	interrupts++;
	*apic(APIC_EOI) = 0;
}

static void wait_for(volatile uint32_t *count, uint32_t n)
{
	while (*count < n)
		__asm__ volatile("pause");
}

static void scenario(void)
{
	uint32_t i;

	set_gate(2, nmi);
	set_gate(VECTOR, interrupt);
	*apic(APIC_SPURIOUS) = 0x1ff;
	apic_command(ICR_NMI);
	wait_for(&nmis, 2);
	print_value("nmi: alone and blocked", nmis);
	for (i = 0; i < 20; i++) {
		/* Both are due behind the second write. */
		__asm__ volatile("cli");
		apic_command(VECTOR);
		__asm__ volatile("sti; mov %0, %1"
				 :
				 : "r"(ICR_NMI), "m"(*apic(APIC_ICR_LOW))
				 : "memory");
		wait_for(&nmis, 3 + i);
		wait_for(&interrupts, 1 + i);
		__asm__ volatile("cli");
	}
	print_value("nmi: with an interrupt", nmis + interrupts);
}
