// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot) that executes instructions which
 * CPUID hides: it prints for each which exception it raised, or "none"; and others
 * that read TSC_AUX.  Processors execute some of them whatever CPUID says: of these
 * it prints what they leave, too.
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

static uint8_t area[1024] __attribute__((aligned(64)));

static uint32_t area_word(unsigned int offset)
{
	uint32_t value;

	__builtin_memcpy(&value, area + offset, sizeof(value));
	return value;
}

/* How many of the 64 bytes in the middle of @area are zero, all being 1 before. */
static void try_clzero(void)
{
	uint32_t zeros = 0, i;

	for (i = 0; i < sizeof(area); i++)
		area[i] = 1;
	__asm__ volatile("movl $1f, resume_at\n\t.byte 0x0f, 0x01, 0xfc\n1:"
			 :
			 : "a"(area + 512 + 17)
			 : "memory");
	print_raised("hidden: clzero");
	for (i = 512; i < 576; i++)
		zeros += !area[i];
	print_value("hidden: clzero, bytes", zeros);
}

/* CR4.OSFXSR and OSXSAVE; XCR0: x87, SSE and, if there is one, AVX. */
static void enable_xsave(void)
{
	uint32_t a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	__asm__ volatile("mov %%cr4, %%eax\n\tor $0x40200, %%eax\n\t"
			 "mov %%eax, %%cr4"
			 :
			 :
			 : "eax");
	__asm__ volatile("xsetbv"
			 :
			 : "a"(c & 1u << 28 ? 7 : 3), "d"(0), "c"(0));
}

/* XGETBV with ECX = 1 behind @insn, of state that XRSTOR has made the initial. */
#define TRY_XGETBV(name, insn)                                       \
	do {                                                         \
		uint32_t in_use = 99;                                \
		__asm__ volatile("xrstor (%2)\n\t" insn "\n\t"       \
				 "movl $1f, resume_at\n\t"           \
				 "xgetbv\n1:"                        \
				 : "=a"(in_use)                      \
				 : "a"(7), "b"(area), "c"(1), "d"(0) \
				 : "memory");                        \
		print_raised("hidden: xgetbv " name);                \
		print_value("hidden: xgetbv, " name, in_use);        \
	} while (0)

static void make_initial(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(area); i++)
		area[i] = 0;
	area[24] = 0x80; /* MXCSR */
	area[25] = 0x1f;
}

/* An image by the instruction @bytes at EBX of the state behind @insn. */
#define TRY_IMAGE(name, insn, bytes)                                          \
	do {                                                                  \
		make_initial();                                               \
		__asm__ volatile("xrstor (%%ebx)\n\t" insn "\n\t"             \
				 "movl $1f, resume_at\n\t.byte " bytes "\n1:" \
				 :                                            \
				 : "a"(7), "b"(area), "c"(1), "d"(0)          \
				 : "memory");                                 \
		print_raised("hidden: " name);                                \
		print_value("hidden: " name ", bv", area_word(512));          \
		print_value("hidden: " name ", comp", area_word(520));        \
		print_value("hidden: " name ", fcw", (uint16_t)area_word(0)); \
	} while (0)

/* What a processor with compact images loads of one. */
static void try_compact_restore(void)
{
	uint32_t eax;

	make_initial();
	area[512] = 2; /* XSTATE_BV: SSE */
	area[520] = 3; /* XCOMP_BV: x87 and SSE */
	area[527] = 0x80; /* compact */
	area[160] = 77;
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tmovl $1f, resume_at\n\t"
			 "xrstor (%%ebx)\n1:\tmovd %%xmm0, %%eax"
			 : "=a"(eax)
			 : "a"(7), "b"(area), "d"(0)
			 : "memory");
	print_raised("hidden: xrstor, compact");
	print_value("hidden: xrstor, compact, xmm0", eax);
}

static void try_state(void)
{
	enable_xsave();
	try_compact_restore();
	TRY_IMAGE("xsaveopt", "pxor %%xmm1, %%xmm1", "0x0f, 0xae, 0x33");
	TRY_IMAGE("xsavec", "fld1", "0x0f, 0xc7, 0x23");
	TRY_IMAGE("xsaves", "fld1", "0x0f, 0xc7, 0x2b");
	make_initial();
	TRY_XGETBV("initial", "nop");
	TRY_XGETBV("x87", "fld1");
	TRY_XGETBV("sse", "pxor %%xmm1, %%xmm1");
}

static void scenario(void)
{
	catch_traps();
	try_clzero();
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
	try_state();
	/* The machine has neither: a replay shows what was written all the same. */
	print_on(COM2, "also on ttyS1\nand no newline");
	print_on(DEBUG_PORT, "also on a debug port\n");
	print("hidden: done\n");
}
