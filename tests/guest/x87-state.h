/*
 * x87 arithmetic, and the images of FXSAVE and XSAVE, of the processor that this
 * runs on, as lines of text: the expected values are those of an Emerald Rapids.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_X87_STATE_H
#define RR_X87_STATE_H

#include <cpuid.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FCW_DEFAULT 0x037fu
#define FCW_UP 0x0b7fu /* round up */
#define FCW_SINGLE 0x007fu /* 24 bits of precision */
#define XSTATE_BV_OFFSET 512

struct x87_result {
	uint64_t fraction;
	uint16_t exponent, status;
};

/* An operand as it is in memory; the bytes behind it are not read. */
union x87_operand {
	struct {
		uint64_t fraction;
		uint16_t exponent;
	};
	long double value;
};

#define X87(name, insn)                                                      \
	static struct x87_result name(union x87_operand a,                   \
				      union x87_operand b, uint16_t control) \
	{                                                                    \
		struct x87_result r;                                         \
		uint16_t status;                                             \
                                                                             \
		__asm__ volatile(                                            \
			"fninit\n\tfldcw %2\n\tfldt %3\n\tfldt %0\n\t" insn  \
			"\n\tfnstsw %1\n\tfstpt %0\n\tfninit"                \
			: "+m"(a), "=m"(status)                              \
			: "m"(control), "m"(b));                             \
		r.fraction = a.fraction;                                     \
		r.exponent = a.exponent;                                     \
		r.status = status & 0x47ff;                                  \
		return r;                                                    \
	}

X87(x87_div, "fdiv %%st(1), %%st")
X87(x87_prem, "fprem")
X87(x87_prem1, "fprem1")
X87(x87_round, "frndint")
X87(x87_scale, "fscale")
X87(x87_sqrt, "fsqrt")

/* A load is exact, and a store of a denormal number leaves DE 0. */
static void print_memory(void)
{
	const uint16_t single = FCW_SINGLE;
	const double exact = 1 + 0x1p-52;
	const union x87_operand denormal = { .fraction = 1, .exponent = 0 };
	union x87_operand loaded = { .fraction = 0 };
	uint16_t status;
	float stored;

	__asm__ volatile("fninit\n\tfldcw %1\n\tfldl %2\n\tfstpt %0\n\tfninit"
			 : "=m"(loaded)
			 : "m"(single), "m"(exact));
	__asm__ volatile("fninit\n\tfldt %2\n\tfstps %0\n\tfnstsw %1\n\tfninit"
			 : "=m"(stored), "=m"(status)
			 : "m"(denormal));
	printf("load %016" PRIx64 " store %x\n", loaded.fraction,
	       status & 0x7ffu);
}

static void print_x87(const char *name, struct x87_result r)
{
	printf("%s %04x:%016" PRIx64 " %04x\n", name, r.exponent, r.fraction,
	       r.status);
}

static void print_arithmetic(void)
{
	const union x87_operand one = { .value = 1 }, three = { .value = 3 },
				minus_one = { .value = -1 },
				sixty = { .value = 60 },
				long_fraction = { .fraction = UINT64_MAX,
						  .exponent = 0x4000 },
				denormal = { .fraction = 1, .exponent = 0 },
				nan_1 = { .fraction = 0xc000000000000001,
					  .exponent = 0x7fff },
				nan_2 = { .fraction = 0xc000000000000002,
					  .exponent = 0x7fff };

	print_x87("third", x87_div(one, three, FCW_DEFAULT));
	print_x87("third-up", x87_div(one, three, FCW_UP));
	print_x87("prem-single", x87_prem(long_fraction, three, FCW_SINGLE));
	print_x87("prem1", x87_prem1(sixty, three, FCW_DEFAULT));
	print_x87("round-denormal", x87_round(denormal, one, FCW_DEFAULT));
	print_x87("round-up", x87_round(denormal, one, FCW_UP));
	print_x87("scale-nans", x87_scale(nan_2, nan_1, FCW_DEFAULT));
	print_x87("sqrt-minus", x87_sqrt(minus_one, one, FCW_DEFAULT));
	print_memory();
}

/*
 * Initial state, then @insn, then an image by XSAVE.  The compiler must not use
 * SSE between them.
 */
#define IMAGE(name, insn)                                                \
	static void name(uint8_t *area)                                  \
	{                                                                \
		__asm__ volatile("xor %%edx, %%edx\n\tmov $7, %%eax\n\t" \
				 "xrstor64 (%0)\n\t" insn "\n\t"         \
				 "mov $7, %%eax\n\txsave64 (%0)"         \
				 :                                       \
				 : "r"(area)                             \
				 : "eax", "edx", "memory");              \
	}

IMAGE(image_initial, "nop")
IMAGE(image_stores, "fnstsw %%ax\n\tmovd %%xmm0, %%eax\n\tptest %%xmm0, %%xmm0")
IMAGE(image_x87, "fninit")
IMAGE(image_mmx, "movd %%mm0, %%eax\n\temms")
IMAGE(image_sse, "pxor %%xmm1, %%xmm1")
IMAGE(image_avx, "vpxor %%ymm1, %%ymm1, %%ymm1")
IMAGE(image_upper, "vpxor %%ymm1, %%ymm1, %%ymm1\n\tvzeroupper")
IMAGE(image_all, "vpxor %%ymm1, %%ymm1, %%ymm1\n\tvzeroall")
IMAGE(image_pi, ".globl image_pi_insn\nimage_pi_insn: fldpi")

extern const char image_pi_insn[];

static uint64_t image_bits(void (*make)(uint8_t *area), uint8_t *area)
{
	uint64_t bits;

	memset(area, 0, 1024);
	memcpy(area + 24, "\x80\x1f", 2); /* MXCSR as after a reset */
	make(area);
	memcpy(&bits, area + XSTATE_BV_OFFSET, sizeof(bits));
	return bits & 7;
}

/* Bytes 10 to 15 of the first register, and the pointers. */
static void print_reserved(uint8_t *area)
{
	uint64_t fip, fdp;
	unsigned int i, zeros = 0;

	image_bits(image_pi, area);
	memset(area, 0xcc, 512);
	__asm__ volatile("fldpi\n\tfxsave64 (%0)\n\tfninit"
			 :
			 : "r"(area)
			 : "memory");
	for (i = 10; i < 16; i++)
		zeros += !area[32 + i];
	image_bits(image_pi, area);
	memcpy(&fip, area + 8, sizeof(fip));
	memcpy(&fdp, area + 16, sizeof(fdp));
	printf("image padding %u fip %s fdp %" PRIx64 "\n", zeros,
	       fip == (uintptr_t)image_pi_insn ? "right" :
	       fip			       ? "wrong" :
						 "none",
	       fdp);
}

static void print_images(void)
{
	static uint8_t area[4096] __attribute__((aligned(64)));
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE) ||
	    !(ecx & bit_AVX)) {
		puts("images none");
		return;
	}
	printf("images %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64
	       " %" PRIx64 " %" PRIx64 " %" PRIx64 "\n",
	       image_bits(image_initial, area), image_bits(image_stores, area),
	       image_bits(image_x87, area), image_bits(image_mmx, area),
	       image_bits(image_sse, area), image_bits(image_avx, area),
	       image_bits(image_upper, area), image_bits(image_all, area));
	print_reserved(area);
}

#endif
