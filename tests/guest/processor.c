/*
 * The init process of a guest without devices: it says what the processor gives
 * where QEMU's TCG once was wrong, or where the manuals leave it open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "common/silicon/probe.h"
#include "tests/guest/faults.h"
#include "tests/guest/x87-state.h"

#define NAN_1 0x7fc00001u
#define NAN_2 0x7fc00002u /* its significand is the larger one */
#define DENORMAL 0x00000001u
#define ONE 0x3f800000u
#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_DE 0x02u
#define MXCSR_DAZ 0x40u

#define SSE(name, insn)                                                        \
	static uint32_t name(uint32_t a, uint32_t b)                           \
	{                                                                      \
		__asm__ volatile("movd %0, %%xmm0\n\tmovd %1, %%xmm1\n\t" insn \
				 " %%xmm1, %%xmm0\n\t"                         \
				 "movd %%xmm0, %0"                             \
				 : "+r"(a)                                     \
				 : "r"(b)                                      \
				 : "xmm0", "xmm1");                            \
		return a;                                                      \
	}

SSE(add, "addss")
SSE(min, "minss")
SSE(max, "maxss")

/* The sum of two products that are NaNs. */
static uint32_t dot(uint32_t a, uint32_t b)
{
	__asm__ volatile("movd %0, %%xmm0\n\tmovd %1, %%xmm1\n\t"
			 "punpckldq %%xmm1, %%xmm0\n\t"
			 "movd %2, %%xmm1\n\tpunpckldq %%xmm1, %%xmm1\n\t"
			 "dpps $0x31, %%xmm1, %%xmm0\n\tmovd %%xmm0, %0"
			 : "+r"(a)
			 : "r"(b), "r"(ONE)
			 : "xmm0", "xmm1");
	return a;
}

static void print_sse(void)
{
	uint32_t denormal;

	_mm_setcsr(MXCSR_DEFAULT);
	printf("two-nans %x %x\n", add(NAN_1, NAN_2), add(NAN_2, NAN_1));
	printf("dot %x\n", dot(NAN_1, NAN_2));
	_mm_setcsr(MXCSR_DEFAULT);
	add(DENORMAL, ONE);
	denormal = _mm_getcsr() & MXCSR_DE;
	_mm_setcsr(MXCSR_DEFAULT | MXCSR_DAZ);
	add(DENORMAL, ONE);
	printf("denormal-flag %x daz %x\n", denormal, _mm_getcsr() & MXCSR_DE);
	printf("daz-min %x daz-max %x\n", min(DENORMAL, ONE),
	       max(0x80000000u, DENORMAL));
	_mm_setcsr(MXCSR_DEFAULT);
}

static void print_silicon(void)
{
	struct silicon_probe probe;
	unsigned int i;

	silicon_probe(&probe);
	printf("silicon %s %016" PRIx64 "\n",
	       probe.family ? probe.family->name : "unknown",
	       probe.fingerprint);
	printf("x87 %016" PRIx64 "\n", probe.x87_fingerprint);
	for (i = 0; i < probe.different_count; i++)
		printf("differs %s\n", probe.different[i]);
}

int main(void)
{
	print_sse();
	print_faults();
	print_arithmetic();
	print_images();
	print_limits();
	print_silicon();
	fflush(stdout);
	/* Started as a program it must not switch off its host. */
	return getpid() == 1 ? reboot(RB_POWER_OFF) : 0;
}
