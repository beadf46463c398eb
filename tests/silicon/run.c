/*
 * Executes generated instructions and prints what they leave.  compare.py runs
 * this program natively and under TCG; the same arguments make the same
 * instructions and operands.
 *
 *	run features
 *		a bit mask of enum feature, the family of the processor, the nearest
 *		one, and the modes that this system can run
 *	run forms
 *		the names of the forms
 *	run blocks SEED FIRST LAST ROWS FEATURES [FORM...]
 *		for each round from FIRST to LAST and each form one block of ROWS
 *		executions: "ROUND FORM EXECUTIONS HASH"
 *	run detail SEED ROUND FORM ROWS FEATURES
 *		one block: its instruction, then each execution's results
 *	run inputs ...
 *		the same with NOPs for the instruction
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <asm/ldt.h>
#include <cpuid.h>
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/silicon/probe.h"
#include "tests/silicon/block.h"
#include "tests/silicon/operands.h"

#define MAX_FAULTS 32 /* in one block: they are slow */
#define CODE_BYTES (4 << 20)
#define AREA_BYTES 65536
/* Above the heap of a static program, which begins at most 1 GiB up. */
#define LOW_MEMORY 0x60000000

static struct machine {
	struct state *state;
	uint8_t *code;
	unsigned int code_used;
	struct segments segments;
	uint64_t *tables[KINDS];
	uint64_t features;
	struct block block;
} machine;

/* ---- faults -------------------------------------------------------------- */

/* The instruction raised an exception: note it, and go on behind it. */
static void on_signal(int number, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct state *s = machine.state;
	uint64_t rip = regs[REG_RIP];

	if (rip < machine.block.from || rip > machine.block.to) {
		fprintf(stderr, "run: signal %d at %#" PRIx64 "\n", number,
			rip);
		_exit(3);
	}
	s->signal = number << 8 | (info->si_code & 0xff);
	/* Code of 32 bits has kept the hash in memory. */
	s->hash = (s->hash + s->signal) * UINT64_C(0x9e3779b97f4a7c15);
	regs[REG_R14] =
		(regs[REG_R14] + s->signal) * UINT64_C(0x9e3779b97f4a7c15);
	regs[REG_RIP] = machine.block.to;
	if (++s->faults >= MAX_FAULTS)
		s->count = 1;
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGILL, SIGSEGV, SIGFPE, SIGBUS,
				       SIGTRAP };
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = 256 * 1024 };
	unsigned int i;

	stack.ss_sp = malloc(stack.ss_size);
	if (sigaltstack(&stack, NULL))
		err(2, "sigaltstack");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], &action, NULL))
			err(2, "sigaction");
}

/* ---- memory -------------------------------------------------------------- */

/* Memory below 2 GiB, at the same addresses in each run. */
static void *map_low(size_t bytes, int prot)
{
	static uintptr_t next = LOW_MEMORY;
	void *p = mmap((void *)next, bytes, prot,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0);

	if (p != (void *)next)
		err(2, "mmap at %#lx", (unsigned long)next);
	next += (bytes + 0x1fffff) & ~(size_t)0xfffff;
	return p;
}

/* ---- segments -------------------------------------------------------------- */

/* QEMU's TCG says so in the leaf for hypervisors. */
static bool is_under_tcg(void)
{
	uint32_t max, name[3];

	__cpuid(0x40000000, max, name[0], name[1], name[2]);
	return !memcmp(name, "TCGTCGTCGTCG", 12);
}

/*
 * Under QEMU there is no modify_ldt(), but its GDT is memory of the program: put
 * the descriptor there.  On Linux that memory is the kernel's.
 */
static uint16_t add_to_gdt(const struct user_desc *d)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr;
	uint64_t entry = 0x0080f30000000000; /* data, DPL 3, limit in pages */

	__asm__ volatile("sgdt %0" : "=m"(gdtr));
	if (d->contents == MODIFY_LDT_CONTENTS_CODE)
		entry |= UINT64_C(1) << 43;
	if (d->seg_32bit)
		entry |= UINT64_C(1) << 54;
	entry |= (d->limit & 0xffff) | (uint64_t)(d->limit >> 16) << 48;
	entry |= (uint64_t)(d->base_addr & 0xffffff) << 16;
	entry |= (uint64_t)(d->base_addr >> 24) << 56;
	((uint64_t *)(uintptr_t)gdtr.base)[d->entry_number] = entry;
	return d->entry_number << 3 | 3;
}

static uint16_t add_segment(const struct user_desc *d)
{
	if (syscall(SYS_modify_ldt, 1, d, sizeof(*d)) == 0)
		return d->entry_number << 3 | 7;
	/* A kernel without LDTs has its GDT out of our reach. */
	return is_under_tcg() ? add_to_gdt(d) : 0;
}

/* A hypervisor that runs the kernel in user mode may accept an LDT and ignore it. */
static bool is_there(uint16_t selector)
{
	bool is_valid;

	__asm__("verr %1" : "=@ccz"(is_valid) : "r"(selector) : "cc");
	return selector && is_valid;
}

static const struct user_desc code_32 = { .entry_number = 3,
					  .limit = 0xfffff,
					  .seg_32bit = true,
					  .contents = MODIFY_LDT_CONTENTS_CODE,
					  .limit_in_pages = 1,
					  .useable = 1 };

static bool has_segments(void)
{
	return is_there(add_segment(&code_32));
}

/* @end: of the operands' page, behind which there is none. */
static void set_up_segments(struct segments *s, uint32_t end)
{
	struct user_desc d = code_32;

	s->area = map_low(AREA_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	s->area_bytes = AREA_BYTES;
	__asm__("mov %%cs, %0" : "=r"(s->code_64));
	s->code_32 = add_segment(&d);
	d.entry_number = 4;
	d.base_addr = (uintptr_t)s->area;
	d.seg_32bit = false;
	s->code_16 = add_segment(&d);
	d = (struct user_desc){ .entry_number = 2,
				.limit = end / PAGE_BYTES - 1,
				.seg_32bit = true,
				.contents = MODIFY_LDT_CONTENTS_DATA,
				.limit_in_pages = 1,
				.useable = 1 };
	s->limited_data = add_segment(&d);
	/* Linux's data segment for 32-bit code, and QEMU's too. */
	s->data = 0x2b;
}

/* ---- features -------------------------------------------------------------- */

static bool cpuid_bit(uint32_t leaf, unsigned int reg, unsigned int bit)
{
	uint32_t r[4];

	if (__get_cpuid_max(leaf & 0x80000000, NULL) < leaf)
		return false;
	__cpuid_count(leaf, 0, r[0], r[1], r[2], r[3]);
	return r[reg] >> bit & 1;
}

static bool system_saves_avx(void)
{
	uint32_t low, high;

	if (!cpuid_bit(1, 2, 27))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

static uint64_t find_features(void)
{
	static const struct {
		enum feature feature;
		uint32_t leaf;
		uint8_t reg, bit;
	} bits[] = {
		{ CMOV, 1, 3, 15 },
		{ CX16, 1, 2, 13 },
		{ LAHF64, 0x80000001, 2, 0 },
		{ SSE, 1, 3, 25 },
		{ SSE2, 1, 3, 26 },
		{ SSE3, 1, 2, 0 },
		{ SSSE3, 1, 2, 9 },
		{ SSE41, 1, 2, 19 },
		{ SSE42, 1, 2, 20 },
		{ POPCNT, 1, 2, 23 },
		{ MOVBE, 1, 2, 22 },
		{ LZCNT, 0x80000001, 2, 5 },
		{ BMI1, 7, 1, 3 },
		{ BMI2, 7, 1, 8 },
		{ ADX, 7, 1, 19 },
		{ AESNI, 1, 2, 25 },
		{ PCLMUL, 1, 2, 1 },
		{ SHA, 7, 1, 29 },
		{ AVX, 1, 2, 28 },
		{ AVX2, 7, 1, 5 },
		{ FMA, 1, 2, 12 },
		{ F16C, 1, 2, 29 },
		{ VAES, 7, 2, 9 },
		{ VPCLMUL, 7, 2, 10 },
	};
	uint64_t features = 1u << ALWAYS;
	unsigned int i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (cpuid_bit(bits[i].leaf, bits[i].reg, bits[i].bit))
			features |= UINT64_C(1) << bits[i].feature;
	if (!system_saves_avx())
		features &= (UINT64_C(1) << AVX) - 1;
	if (has_segments())
		features |= UINT64_C(1) << SEGMENTS;
	return features;
}

static int print_features(void)
{
	uint64_t features = find_features();
	struct silicon_probe probe;

	silicon_probe(&probe);
	printf("%#" PRIx64 " %s %s %s\n", features,
	       probe.family ? probe.family->name : "unknown",
	       probe.nearest->name,
	       features >> SEGMENTS & 1 ? "16,32,64" : "64");
	return 0;
}

/* ---- blocks ---------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) +
		     UINT64_C(0x632be59bd9b4e019);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31) | 1;
}

static void set_up(void)
{
	struct state *s;
	unsigned int i;

	machine.code = map_low(CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
	s = map_low(sizeof(*s), PROT_READ | PROT_WRITE);
	machine.state = s;
	for (i = 0; i < KINDS; i++)
		machine.tables[i] =
			map_low(TABLE_WORDS * 8 + 4096, PROT_READ | PROT_WRITE);
	for (i = 0; i < 256; i++)
		s->small[i] = i & 7;
	set_up_segments(&machine.segments, (uintptr_t)s->mem + PAGE_BYTES);
	catch_signals();
}

/* The tables of operands of one round. */
static void begin_round(uint64_t seed, uint64_t round)
{
	struct state *s = machine.state;
	uint64_t rng = mix(seed, round);
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		operands_fill(machine.tables[i], i, &rng);
	operands_mxcsr(s->mxcsr, MXCSRS, &rng);
	operands_mxcsr_unmasked(s->mxcsr_unmasked, MXCSRS, &rng);
	operands_x87(s->x87_control, MXCSRS, &rng);
	operands_x87_unmasked(s->x87_unmasked, MXCSRS, &rng);
	s->x87_pending[0] = 0x340; /* all exceptions are unmasked */
	s->x87_pending[1] = pick(&rng, 0x10000) | 1u << pick(&rng, 6);
	for (i = 0; i < 64; i++) {
		s->gather[0][i / 8][i % 8] = (int)pick(&rng, 32) - 16;
		((int64_t *)s->gather[1])[i / 2] = (int)pick(&rng, 32) - 16;
	}
}

/* Emit the block of a form; false if there is no such instruction here. */
static bool prepare(uint64_t seed, uint64_t round, unsigned int form,
		    unsigned int rows, bool is_nop, struct insn *insn)
{
	uint64_t rng = mix(mix(seed, round), form + 1000);
	struct state *s = machine.state;
	unsigned int kind, words, first;

	if (!insn_generate(insn, &forms[form], machine.features, &rng,
			   (uintptr_t)s->mem))
		return false;
	if (is_nop)
		memset(insn->bytes, 0x90, insn->length);
	if (machine.code_used + BLOCK_BYTES > CODE_BYTES)
		machine.code_used = 0;
	block_emit(&machine.block, machine.code + machine.code_used, insn,
		   &machine.segments, &rng);
	if (machine.block.length > BLOCK_BYTES)
		errx(2, "a block has %u bytes", machine.block.length);
	machine.code_used += (machine.block.length + 4095) & -4096u;
	kind = pick(&rng, 16) ? forms[form].kind : pick(&rng, KINDS);
	words = pick(&rng, (TABLE_WORDS - 64) / rows) | 1;
	if (kind == X87) /* two words are a number */
		words = words > 1 ? words & ~1u : 2;
	memset(s->out, 0, sizeof(s->out));
	first = pick(&rng, TABLE_WORDS - 64 - words * rows);
	if (kind == X87)
		first &= ~1u;
	s->row = (const uint8_t *)(machine.tables[kind] + first);
	s->stride_bytes = words * 8;
	s->hash = s->signal = s->faults = 0;
	s->target.offset = machine.block.from;
	s->target.selector = insn->mode == MODE_16 ? machine.segments.code_16 :
						     machine.segments.code_32;
	return true;
}

static void run_block(uint64_t round, unsigned int form, unsigned int rows)
{
	struct state *s = machine.state;
	const uint8_t *from = s->row;

	s->count = rows;
	machine.block.run(s);
	printf("%" PRIu64 " %u %u %016" PRIx64 "\n", round, form,
	       (unsigned int)((s->row - from) / s->stride_bytes), s->hash);
}

static int run_blocks(char **args, unsigned int count)
{
	uint64_t seed = strtoull(args[0], NULL, 0), round;
	uint64_t first = strtoull(args[1], NULL, 0);
	uint64_t last = strtoull(args[2], NULL, 0);
	unsigned int rows = atoi(args[3]), form, i;
	struct insn insn;

	machine.features = strtoull(args[4], NULL, 0);
	for (round = first; round <= last; round++) {
		begin_round(seed, round);
		for (i = 0; i < (count > 5 ? count - 5 : form_count); i++) {
			form = count > 5 ? (unsigned int)atoi(args[5 + i]) : i;
			if (form < form_count &&
			    prepare(seed, round, form, rows, false, &insn))
				run_block(round, form, rows);
		}
	}
	return 0;
}

/* The name of the word at @disp of the state. */
static void print_name(unsigned int disp)
{
	static const char *const gprs[] = { "rax", "rcx", "rdx", "rbx",
					    "rsp", "rbp", "rsi", "rdi" };
	int n = ((int)disp - (int)offsetof(struct state, out)) / 8;

	if (n < 0 || n >= OUT_WORDS)
		printf(" mem%d",
		       ((int)disp - (int)offsetof(struct state, mem)) / 8);
	else if (n < 8)
		printf(" %s", gprs[n]);
	else if (n < OUT_FLAGS)
		printf(" r%d", n);
	else if (n == OUT_FLAGS)
		printf(machine.block.has_lahf ? " lahf" : " flags");
	else if (n == OUT_MXCSR)
		printf(" mxcsr");
	else if (n < OUT_MMX)
		printf(" ymm%d.%d", (n - OUT_VECTOR) / 4, (n - OUT_VECTOR) % 4);
	else if (n < OUT_STATUS)
		printf(" mm%d", n - OUT_MMX);
	else if (n < OUT_STACK)
		printf(n == OUT_STATUS ? " status" : " tags");
	else
		printf(" st.%d", n - OUT_STACK);
}

static void print_block(const struct insn *insn)
{
	static const char *const modes[] = { "64", "32", "16" };
	unsigned int i;

	printf("insn %s ", modes[insn->mode]);
	for (i = 0; i < insn->length; i++)
		printf("%02x", insn->bytes[i]);
	printf(" %s\nblock ", insn->form->name);
	for (i = 0; i < machine.block.length; i++)
		printf("%02x", ((uint8_t *)(uintptr_t)machine.block.run)[i]);
	printf("\nwords signal");
	for (i = 0; i < machine.block.words; i++)
		print_name(machine.block.word[i]);
	printf("\n");
}

static int run_detail(char **args, bool is_nop)
{
	uint64_t seed = strtoull(args[0], NULL, 0);
	uint64_t round = strtoull(args[1], NULL, 0);
	unsigned int form = atoi(args[2]), rows = atoi(args[3]), row, i;
	struct state *s = machine.state;
	struct insn insn;

	machine.features = strtoull(args[4], NULL, 0);
	begin_round(seed, round);
	if (form >= form_count ||
	    !prepare(seed, round, form, rows, is_nop, &insn))
		errx(2, "there is no such instruction");
	print_block(&insn);
	for (row = 0; row < rows && s->faults < MAX_FAULTS; row++) {
		s->count = 1;
		s->signal = 0;
		machine.block.run(s);
		printf("%" PRIx64, s->signal);
		for (i = 0; i < machine.block.words; i++)
			printf(" %" PRIx64,
			       *(uint64_t *)((uint8_t *)s +
					     machine.block.word[i]));
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	unsigned int i;

	if (!strcmp(command, "features"))
		return print_features();
	if (!strcmp(command, "forms")) {
		for (i = 0; i < form_count; i++)
			printf("%s\n", forms[i].name);
		return 0;
	}
	set_up();
	if (!strcmp(command, "blocks") && argc >= 7)
		return run_blocks(argv + 2, argc - 2);
	if (!strcmp(command, "detail") && argc == 7)
		return run_detail(argv + 2, false);
	if (!strcmp(command, "inputs") && argc == 7)
		return run_detail(argv + 2, true);
	fprintf(stderr, "usage: see the head of tests/silicon/run.c\n");
	return 2;
}
