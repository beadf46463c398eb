// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot) that executes instructions which
 * CPUID hides: it prints for each which exception it raised, or "none"; and others
 * that read TSC_AUX.
 */
#include "traps.h"

#define COM2 0x2f8
#define DEBUG_PORT 0xe9

#define TRY(name, bytes, ecx)                                           \
	do {                                                            \
		__asm__ volatile("movl $1f, resume_at\n\t" bytes "\n1:" \
				 :                                      \
				 : "c"(ecx), "a"(0), "d"(0), "b"(0)     \
				 : "memory");                           \
		print_raised("hidden: " name);                          \
	} while (0)

static uint32_t cpuid_7_ecx(void)
{
	uint32_t a = 7, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c;
}

/* What RDTSCP and RDPID read of TSC_AUX, which the guest has written. */
static void try_tsc_aux(void)
{
	uint32_t a, d, aux;

	__asm__ volatile("wrmsr" : : "c"(0xc0000103), "a"(0x5a17), "d"(0));
	__asm__ volatile("rdtscp" : "=a"(a), "=d"(d), "=c"(aux));
	print(aux == 0x5a17 ? "hidden: rdtscp reads TSC_AUX\n" :
			      "hidden: rdtscp reads something else\n");
	if (!(cpuid_7_ecx() & 1u << 22)) {
		print("hidden: no rdpid\n");
		return;
	}
	__asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf8" : "=a"(aux));
	print(aux == 0x5a17 ? "hidden: rdpid reads TSC_AUX\n" :
			      "hidden: rdpid reads something else\n");
}

static void scenario(void)
{
	catch_traps();
	TRY("monitor", ".byte 0x0f, 0x01, 0xc8", 0);
	TRY("mwait", ".byte 0x0f, 0x01, 0xc9", 0);
	TRY("monitorx", ".byte 0x0f, 0x01, 0xfa", 0);
	TRY("mwaitx", ".byte 0x0f, 0x01, 0xfb", 0);
	TRY("rdpru", ".byte 0x0f, 0x01, 0xfd", 0);
	TRY("vmcall", ".byte 0x0f, 0x01, 0xc1", 0);
	TRY("umonitor", ".byte 0xf3, 0x0f, 0xae, 0xf0", 0);
	TRY("tpause", ".byte 0x66, 0x0f, 0xae, 0xf1", 0);
	TRY("umwait", ".byte 0xf2, 0x0f, 0xae, 0xf1", 0);
	try_tsc_aux();
	/* The machine has neither: a replay shows what was written all the same. */
	print_on(COM2, "also on ttyS1\nand no newline");
	print_on(DEBUG_PORT, "also on a debug port\n");
	print("hidden: done\n");
}
