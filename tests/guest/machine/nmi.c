// SPDX-License-Identifier: GPL-2.0
/* NMIs that the guest sends to itself: alone, and while NMIs are blocked. */
#include "bare.h"

static volatile uint32_t nmis, sent_in_nmi;

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

static void wait_for(volatile uint32_t *count, uint32_t n)
{
	while (*count < n)
		__asm__ volatile("pause");
}

static void scenario(void)
{
	set_gate(2, nmi);
	*apic(APIC_SPURIOUS) = 0x1ff;
	apic_command(ICR_NMI);
	wait_for(&nmis, 2);
	print_value("nmi: alone and blocked", nmis);
}
