/*
 * Short random sequences of instructions, and the images of x87, SSE and AVX state
 * that XSAVE, XSAVEOPT and XSAVEC store behind them, or what XGETBV reads with
 * ECX = 1; then XRSTOR of such an image, and what it loaded.  Which state is in its
 * initial configuration depends on each instruction (SDM vol. 1, 13.6).
 *
 *	images SEED FIRST LAST
 *		a line for each sequence: its number, the instruction that
 *		stores, its mask, the result of XGETBV, XSTATE_BV, XCOMP_BV,
 *		and a hash of both images
 *	images detail SEED NUMBER
 *		one sequence: its bytes, both images, and what it stored
 *		otherwise
 *	images executes
 *		whether this processor has XSAVEOPT, XSAVEC and XGETBV(1)
 *
 * tests/system/silicon/images.sh runs it natively and under TCG.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cpuid.h>
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/silicon/insn.h"

#define MEMORY 0x60000000 /* the same in each run: FIP is in the images */
#define IMAGE_BYTES 832 /* x87, SSE, header and AVX */
#define MAX_INSNS 6
#define MXCSR_INITIAL 0x1f80
#define HEADER 512

/* What the generated code uses; the offsets are in the assembly below. */
struct memory {
	uint8_t code[4096];
	uint8_t start[4096], image[4096], after[4096];
	uint8_t scratch[4096];
};

/* RBX: scratch, RDI: start, RSI: image, RBP: after. */
#define I(insn)                           \
	"901: " insn "\n902:\n"           \
	".pushsection rr_insns, \"aw\"\n" \
	".quad 901b, 902b\n.popsection\n"

__asm__(".section .rodata\n" I("nop") I("fld1") I("fldpi") I("fldz") I("fstp %st") I("fninit") I(
	"fnclex") I("fnstsw %ax") I("fnstcw (%rbx)") I("fldcw 16(%rbx)") I("fwait") I("fnop") I("ffree %st")
		I("fincstp") I("fxch") I("fadd %st(1)") I("fchs") I("fxam") I("fcomi %st(1)") I(
			"fldt (%rdi)") I("fstpt 64(%rbx)") I("fists 64(%rbx)") I("fnstenv 128(%rbx)\nfldenv 128(%rbx)") I("fnsave 128(%rbx)\nfrstor 128(%rbx)")
			I("fnsave 128(%rbx)") I("emms") I("movd %eax, %mm0") I("movd %mm0, %eax") I("movq %mm2, %mm1") I(
				"paddb %mm2, %mm1") I("movq %mm1, 64(%rbx)") I("pmovmskb %mm1, %eax") I("pxor %xmm1, %xmm1")
				I("movd %eax, %xmm3") I("movd %xmm0, %eax") I("ptest %xmm0, %xmm1") I("movaps %xmm9, %xmm1") I(
					"movups %xmm9, 64(%rbx)") I("movups (%rdi), %xmm10") I("addss %xmm1, %xmm2") I("addps %xmm3, %xmm12")
					I("ucomiss %xmm1, %xmm2") I("cvttss2si %xmm1, %eax") I("cvtpi2ps %mm0, %xmm1") I(
						"cvtpi2pd %mm0, %xmm1") I("cvtpi2pd 32(%rdi), %xmm1") I("cvtpi2ps 32(%rdi), %xmm1")
						I("cvtps2pi %xmm1, %mm0") I("movdq2q %xmm1, %mm0") I(
							"movq2dq %mm0, %xmm1") I("pcmpistri $0, %xmm1, %xmm2") I("pcmpistrm $0, %xmm1, %xmm2") I("pcmpestri $0, %xmm1, %xmm2")
							I("pextrd $1, %xmm1, %eax") I("ldmxcsr 20(%rbx)") I(
								"ldmxcsr 24(%rbx)") I("stmxcsr 28(%rbx)") I("vstmxcsr 28(%rbx)")
								I("vldmxcsr 24(%rbx)") I("vpxor %xmm1, %xmm1, %xmm1") I(
									"vpxor %ymm1, %ymm1, %ymm1") I("vmovups 160(%rdi), %ymm9")
									I("vmovups %ymm9, 64(%rbx)") I("vmovups %xmm9, 64(%rbx)") I(
										"vaddps %ymm1, %ymm2, %ymm3") I("vaddss %xmm1, %xmm2, %xmm3")
										I("vextractf128 $1, %ymm1, %xmm2") I("vextractf128 $1, %ymm1, 64(%rbx)") I(
											"vptest %ymm1, %ymm2") I("vmovmskps %ymm1, %eax")
											I("vmovd %eax, %xmm5") I("vzeroupper") I(
												"vzeroall") I("fxsave64 512(%rbx)")
												I("fxsave 512(%rbx)") I("fxrstor64 (%rdi)") I(
													"fxrstor (%rdi)") I("xor %edx, %edx\nmov $1, %eax\nxrstor64 (%rdi)")
													I("xor %edx, %edx\nmov $2, %eax\nxrstor64 (%rdi)") I(
														"xor %edx, %edx\nmov $4, %eax\nxrstor64 (%rdi)")
														I("xor %edx, %edx\nmov $6, %eax\nxrstor (%rdi)")
															I("xor %edx, %edx\nmov $7, %eax\nxrstor64 (%rdi)") ".previous\n");

struct bytes {
	const uint8_t *from, *to;
};

extern const struct bytes insns_begin[] __asm__("__start_rr_insns");
extern const struct bytes insns_end[] __asm__("__stop_rr_insns");

/* The last instruction; each but XGETBV stores at RSI what EAX asks for. */
static const struct {
	const char *name;
	uint8_t bytes[4];
	bool is_compact;
} stores[] = {
	{ "xsave", { 0x0f, 0xae, 0x26, 0x90 }, false },
	{ "xsave64", { 0x48, 0x0f, 0xae, 0x26 }, false },
	{ "xsaveopt", { 0x0f, 0xae, 0x36, 0x90 }, false },
	{ "xsaveopt64", { 0x48, 0x0f, 0xae, 0x36 }, false },
	{ "xsavec", { 0x0f, 0xc7, 0x26, 0x90 }, true },
	{ "xsavec64", { 0x48, 0x0f, 0xc7, 0x26 }, true },
};

#define STORES (sizeof(stores) / sizeof(stores[0]))

struct sequence {
	unsigned int store, mask, mask_of_restore;
	uint32_t xgetbv; /* ECX = 1 */
};

static struct memory *const memory = (struct memory *)MEMORY;

/* ---- the generated code --------------------------------------------------- */

static uint8_t *put(uint8_t *to, const void *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

static uint8_t *put_mask(uint8_t *to, unsigned int mask)
{
	uint8_t code[] = { 0x31, 0xd2, 0xb8, mask, 0, 0, 0 };

	return put(to, code,
		   sizeof(code)); /* xor %edx, %edx; mov $mask, %eax */
}

static uint8_t *put_insns(uint8_t *to, uint64_t *random)
{
	unsigned int count = pick(random, MAX_INSNS + 1);
	unsigned int all = insns_end - insns_begin, i;

	for (i = 0; i < count; i++) {
		const struct bytes *b = &insns_begin[pick(random, all)];

		to = put(to, b->from, b->to - b->from);
	}
	return to;
}

/* Returns the code's length in bytes. */
static size_t generate(struct sequence *s, uint64_t *random)
{
	uint8_t *to = memory->code;

	s->store = pick(random, STORES);
	s->mask = pick(random, 8);
	s->mask_of_restore = pick(random, 8);
	to = put_mask(to, 7);
	to = put(to, "\x48\x0f\xae\x2f", 4); /* xrstor64 (%rdi) */
	to = put_insns(to, random);
	to = put(to, "\xb9\x01\0\0\0\x0f\x01\xd0", 8); /* xgetbv, ECX = 1 */
	to = put(to, "\x83\xe0\x07\x89\x43\x20",
		 6); /* and $7; mov to 32(%rbx) */
	to = put_mask(to, s->mask);
	to = put(to, stores[s->store].bytes, 4);
	to = put_insns(to, random);
	to = put_mask(to, s->mask_of_restore);
	to = put(to, "\x48\x0f\xae\x2e", 4); /* xrstor64 (%rsi) */
	to = put_mask(to, 7);
	to = put(to, "\x48\x0f\xae\x65\x00", 5); /* xsave64 (%rbp) */
	to = put(to, "\xc5\xf8\x77\xdb\xe3\xc3",
		 6); /* vzeroupper, fninit, ret */
	return to - memory->code;
}

/* ---- one sequence ---------------------------------------------------------- */

static void fill(uint8_t *to, size_t bytes, uint64_t *random)
{
	while (bytes--)
		*to++ = pick(random, 256);
}

static void put_u32(uint8_t *to, uint32_t value)
{
	memcpy(to, &value, sizeof(value));
}

/* An image for XRSTOR: any registers, no exception unmasked or pending. */
static void make_start(uint64_t *random)
{
	static const uint32_t mxcsr[] = { MXCSR_INITIAL, MXCSR_INITIAL, 0x1fa0,
					  0x7f80 };
	uint8_t *image = memory->start;
	unsigned int i;

	memset(image, 0, IMAGE_BYTES);
	fill(image + 4, 1, random);
	put_u32(image, 0x037f | pick(random, 8) << 27); /* FCW, TOP */
	fill(image + 6, 1, random);
	fill(image + 8, 4, random);
	fill(image + 16, 4, random);
	put_u32(image + 24, mxcsr[pick(random, 4)]);
	for (i = 0; i < 8; i++)
		fill(image + 32 + 16 * i, 10, random);
	fill(image + 160, 256, random);
	fill(image + 576, 256, random);
	image[HEADER] = pick(random, 8);
}

static void make_memory(uint64_t *random)
{
	make_start(random);
	memset(memory->image, 0xcc, IMAGE_BYTES);
	memset(memory->image + HEADER, 0, 64);
	put_u32(memory->image + 24, MXCSR_INITIAL);
	memset(memory->after, 0, IMAGE_BYTES);
	memset(memory->scratch, 0, sizeof(memory->scratch));
	put_u32(memory->scratch + 16, 0x027f);
	put_u32(memory->scratch + 20, MXCSR_INITIAL);
	put_u32(memory->scratch + 24, 0x3f80);
}

static void execute(struct sequence *s)
{
	uint8_t *after = memory->after, *code = memory->code;

	/* The compiler keeps values in the 128 bytes below RSP. */
	__asm__ volatile("sub $128, %%rsp\n\tpush %%rbp\n\t"
			 "mov %0, %%rbp\n\tcall *%1\n\t"
			 "pop %%rbp\n\tadd $128, %%rsp"
			 : "+a"(after), "+d"(code)
			 : "b"(memory->scratch), "D"(memory->start),
			   "S"(memory->image)
			 : "rcx", "cc", "memory");
	memcpy(&s->xgetbv, memory->scratch + 32, sizeof(s->xgetbv));
}

static uint64_t hash(const uint8_t *bytes, size_t length, uint64_t value)
{
	while (length--)
		value = (value + *bytes++) * UINT64_C(0x9e3779b97f4a7c15);
	return value;
}

static uint64_t field(const uint8_t *image, unsigned int offset)
{
	uint64_t value;

	memcpy(&value, image + offset, sizeof(value));
	return value;
}

static uint64_t begin(uint64_t seed, uint64_t number)
{
	return (seed * UINT64_C(0x100000001) + number) *
		       UINT64_C(0x9e3779b97f4a7c15) |
	       1;
}

static void run(uint64_t seed, uint64_t number)
{
	uint64_t random = begin(seed, number), value;
	struct sequence s;

	generate(&s, &random);
	make_memory(&random);
	execute(&s);
	value = hash(memory->image, IMAGE_BYTES, 0);
	value = hash(memory->after, IMAGE_BYTES, value);
	value = hash(memory->scratch, sizeof(memory->scratch), value);
	printf("%" PRIu64 " %s %u xgetbv %x bv %" PRIx64 " comp %" PRIx64
	       " restored %u bv %" PRIx64 " hash %016" PRIx64 "\n",
	       number, stores[s.store].name, s.mask, s.xgetbv,
	       field(memory->image, HEADER), field(memory->image, HEADER + 8),
	       s.mask_of_restore, field(memory->after, HEADER) & 7, value);
}

static void print_bytes(const char *name, const uint8_t *bytes, size_t length)
{
	printf("%s ", name);
	while (length--)
		printf("%02x", *bytes++);
	printf("\n");
}

static void run_detail(uint64_t seed, uint64_t number)
{
	uint64_t random = begin(seed, number);
	struct sequence s;
	size_t length = generate(&s, &random);

	make_memory(&random);
	execute(&s);
	print_bytes("code", memory->code, length);
	print_bytes("start", memory->start, IMAGE_BYTES);
	print_bytes("image", memory->image, IMAGE_BYTES);
	print_bytes("after", memory->after, IMAGE_BYTES);
	print_bytes("scratch", memory->scratch, IMAGE_BYTES * 2);
}

static bool has_insns(void)
{
	const unsigned int all = bit_XSAVEOPT | bit_XSAVEC | 1u << 2;
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c & bit_AVX &&
	       __get_cpuid_count(13, 1, &a, &b, &c, &d) && (a & all) == all;
}

int main(int argc, char **argv)
{
	uint64_t seed, number, last;

	if (argc == 2 && !strcmp(argv[1], "executes"))
		return has_insns() ? 0 : 1;
	if (argc != 4)
		errx(2, "usage: see the head of tests/silicon/images.c");
	if (mmap(memory, sizeof(*memory), PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != memory)
		err(2, "mmap at %#x", MEMORY);
	seed = strtoull(argv[argc - 2], NULL, 0);
	last = strtoull(argv[argc - 1], NULL, 0);
	if (!strcmp(argv[1], "detail")) {
		run_detail(seed, last);
		return 0;
	}
	number = seed;
	seed = strtoull(argv[1], NULL, 0);
	for (; number <= last; number++)
		run(seed, number);
	return 0;
}
