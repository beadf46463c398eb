/*
 * Loops without a conditional branch, in code of each mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: kvm-record/qemu/loop.c kvm-record/qemu/loop-stack.c */
#include <string.h>

#include "kvm-record/qemu/loop.h"

#include "tests/tap.h"

#define BASE 0x1000u
#define BYTES 0x1000u

static uint8_t memory[BYTES];

static size_t read_memory(void *opaque, uint64_t linear, void *data,
			  size_t bytes)
{
	(void)opaque;
	if (linear < BASE || linear >= BASE + BYTES)
		return 0;
	if (bytes > BASE + BYTES - linear)
		bytes = BASE + BYTES - linear;
	memcpy(data, memory + (linear - BASE), bytes);
	return bytes;
}

/* At @ip of the code that is at BASE; the stack begins at BASE + 0x800. */
static struct rr_landmark at(uint64_t ip)
{
	return (struct rr_landmark){
		.regs = { [RR_REG_RDI] = BASE + 0x400,
			  [RR_REG_RCX] = 3,
			  [RR_REG_RSP] = BASE + 0x800,
			  [RR_REG_R15] = 0x123456780000,
			  [RR_REG_RIP] = ip },
	};
}

static struct rr_loop_found found;

static size_t find(unsigned int code_bits, const void *code, size_t bytes,
		   const struct rr_landmark *lm, uint64_t ds, uint64_t gs)
{
	struct rr_loop_decoder *decoder = NULL;
	struct rr_loop_guest guest = {
		.landmark = lm,
		.code_bits = code_bits,
		.base = { [RR_SEGMENT_DS] = ds, [RR_SEGMENT_GS] = gs },
		.read = read_memory,
	};
	size_t count;

	memcpy(memory, code, bytes);
	rr_loop_find(&decoder, &guest, &found);
	count = found.range_count;
	/* Once more, with the decoder that there is. */
	rr_loop_find(&decoder, &guest, &found);
	if (found.range_count != count)
		count = (size_t)-1;
	rr_loop_free(decoder);
	return count;
}

#define FIND(BITS, CODE, LM, DS, GS) \
	find(BITS, CODE, sizeof(CODE) - 1, LM, DS, GS)

static bool has(size_t count, uint64_t linear, size_t bytes)
{
	for (size_t i = 0; i < count && i < RR_LOOP_RANGES; i++) {
		if (found.ranges[i].linear == linear &&
		    found.ranges[i].bytes == bytes)
			return true;
	}
	return false;
}

static void check_operands(void)
{
	struct rr_landmark lm = at(BASE);
	size_t n;

	/* incq 0x10(%rip); jmp */
	n = FIND(64, "\x48\xff\x05\x10\0\0\0\xeb\xf7", &lm, 0, 0);
	ksft_ok(n == 1 && has(n, BASE + 7 + 0x10, 8), "an operand beside RIP");
	/* addb $1, -8(%rdi,%rcx,4); jmp */
	n = FIND(64, "\x80\x44\x8f\xf8\x01\xeb\xf9", &lm, 0, 0);
	ksft_ok(n == 1 && has(n, BASE + 0x400 + 12 - 8, 1),
		"base, index and displacement");
	/* incl %gs:(%r15d); jmp */
	n = FIND(64, "\x65\x67\x41\xff\x07\xeb\xf9", &lm, 0, 0x7000000000);
	ksft_ok(n == 1 && has(n, 0x7000000000 + 0x56780000, 4),
		"GS, and 32 bits of address");
	/* incl 0x20; jmp */
	n = FIND(32, "\xff\x05\x20\0\0\0\xeb\xf8", &lm, 0xfffffff8, 0);
	ksft_ok(n == 1 && has(n, 0x18, 4), "a segment's base, modulo 2^32");
	/* incw (%di); jmp */
	n = FIND(16, "\xff\x05\xeb\xfc", &lm, 0x10000, 0);
	ksft_ok(n == 1 && has(n, 0x10000 + BASE + 0x400, 2), "16-bit code");
}

static void check_ways(void)
{
	/* call 1f; jmp; 1: incl (%rdi); push %rax; pop %rax; ret */
	static const char code[] = "\xe8\x02\0\0\0\xeb\xf9\xff\x07\x50\x58\xc3";
	static const uint64_t caller = BASE + 5;
	struct rr_landmark lm = at(BASE);
	size_t n;

	n = FIND(64, code, &lm, 0, 0);
	ksft_ok(has(n, BASE + 0x400, 4) && has(n, BASE + 0x800 - 64, 64),
		"a call: what the function changes, and the stack");
	/* In front of POP: the return address is behind what was pushed. */
	lm = at(BASE + 10);
	memcpy(memory + 0x808, &caller, sizeof(caller));
	n = FIND(64, code, &lm, 0, 0);
	ksft_ok(has(n, BASE + 0x400, 4), "a return to a caller from before");
	memset(memory + 0x808, 0, sizeof(caller));
	n = FIND(64, code, &lm, 0, 0);
	ksft_ok(n == 0, "a return to where there is no code");
}

static void check_others(void)
{
	static const struct {
		const char *what, *code;
		size_t bytes;
	} cases[] = {
#define CASE(WHAT, CODE) { WHAT, CODE, sizeof(CODE) - 1 }
		CASE("a loop that names no memory", "\xeb\xfe"),
		CASE("LEA names no memory", "\x48\x8d\x07\xeb\xfb"),
		CASE("a conditional branch", "\xff\x07\x75\xfc\xeb\xfa"),
		CASE("a long one", "\xff\x07\x0f\x85\xf8\xff\xff\xff\xeb\xf6"),
		CASE("LOOP", "\xff\x07\xe2\xfc\xeb\xfa"),
		CASE("JRCXZ", "\xff\x07\xe3\xfc\xeb\xfa"),
		CASE("HLT", "\xff\x07\xf4\xeb\xfb"),
		CASE("OUT", "\xff\x07\xe6\x80\xeb\xfa"),
		CASE("RDTSC", "\xff\x07\x0f\x31\xeb\xfa"),
		CASE("a jump to where a register says", "\xff\x07\xff\xe0"),
		CASE("a jump to where memory says", "\xff\x27"),
		CASE("SYSCALL", "\xff\x07\x0f\x05\xeb\xfa"),
		CASE("IRET", "\xff\x07\xcf"),
		CASE("no instruction", "\xff\x07\x0f\xff\xff"),
		CASE("a loop that comes back elsewhere", "\xff\x07\xeb\xfe"),
		CASE("a jump out of memory", "\xff\x07\xe9\0\0\0\x70"),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rr_landmark lm = at(BASE);

		ksft_ok(find(64, cases[i].code, cases[i].bytes, &lm, 0, 0) == 0,
			"%s", cases[i].what);
	}
}

/* The decoder knows the code of a place, and sees that it was changed. */
static void check_changed(void)
{
	static const char loop[] = "\xff\x07\xeb\xfc",
			  branch[] = "\xff\x07\x75\xfc";
	struct rr_landmark lm = at(BASE);
	struct rr_loop_decoder *decoder = NULL;
	struct rr_loop_guest guest = { .landmark = &lm,
				       .code_bits = 64,
				       .read = read_memory };
	bool is_right = true;

	for (int i = 0; i < 3; i++) {
		memcpy(memory, branch, sizeof(branch));
		rr_loop_find(&decoder, &guest, &found);
		is_right = is_right && found.range_count == 0;
		memcpy(memory, loop, sizeof(loop));
		rr_loop_find(&decoder, &guest, &found);
		is_right = is_right && found.range_count == 1;
	}
	rr_loop_free(decoder);
	ksft_ok(is_right, "code that changes");
}

/* A kernel's code is not read again at the same place with the same stack. */
static void check_kernel(void)
{
	static const char branch[] = "\xff\x07\x75\xfc";
	struct rr_landmark low = at(BASE), high = at(BASE | 1ull << 63);
	struct rr_loop_decoder *decoder = NULL;
	struct rr_loop_guest guest = { .code_bits = 64, .read = read_memory };
	bool was_known, is_known;

	memcpy(memory, branch, sizeof(branch));
	guest.landmark = &low;
	rr_loop_find(&decoder, &guest, &found);
	ksft_ok(!rr_loop_is_known(decoder, &low),
		"a program's code is compared");
	guest.landmark = &high;
	guest.base[RR_SEGMENT_CS] = 1ull << 63; /* it is at BASE */
	was_known = rr_loop_is_known(NULL, &high) ||
		    rr_loop_is_known(decoder, &high);
	rr_loop_find(&decoder, &guest, &found);
	is_known = rr_loop_is_known(decoder, &high);
	high.regs[RR_REG_RSP] += 8;
	ksft_ok(!was_known && is_known && !rr_loop_is_known(decoder, &high),
		"a kernel's is known, with the same stack");
	rr_loop_free(decoder);
}

/* Put a return address of @bits / 8 bytes on the stack. */
static void put_word(unsigned int offset, uint64_t value, unsigned int bits)
{
	memcpy(memory + 0x800 + offset, &value, bits / 8);
}

/* Are these the words, at so many bytes above RSP?  -1: no more. */
static bool are_words(int first, int second)
{
	const uint64_t sp = BASE + 0x800;
	size_t count = (first >= 0) + (second >= 0);

	return found.word_count == count &&
	       (first < 0 || found.words[0] == sp + (unsigned int)first) &&
	       (second < 0 || found.words[1] == sp + (unsigned int)second);
}

/* Which words RETs read; the code at BASE + 0x300 ends with a branch. */
static void check_returns(void)
{
	static const struct {
		const char *what, *code;
		size_t bytes;
		unsigned int code_bits;
		int first, second;
	} cases[] = {
#define CASE(BITS, FIRST, SECOND, WHAT, CODE) \
	{ WHAT, CODE, sizeof(CODE) - 1, BITS, FIRST, SECOND }
		CASE(64, 0, -1, "RET", "\x90\xc3"),
		CASE(32, 0, -1, "RET of 32 bits", "\xc3"),
		CASE(16, 0, -1, "RET of 16 bits", "\xc3"),
		CASE(64, -1, -1, "a branch in front of RET",
		     "\x74\x01\x90\xc3"),
		CASE(64, -1, -1, "RET of 16 bits in 64-bit code", "\x66\xc3"),
		/* lea 8(%rsp), %rsp */
		CASE(64, 8, -1, "a return thunk",
		     "\x48\x8d\x64\x24\x08\xc3\xcc"),
		/* call 1f; int3; 1: */
		CASE(64, 0, -1, "a return thunk from its beginning",
		     "\xe8\x01\0\0\0\xcc\x48\x8d\x64\x24\x08\xc3"),
		CASE(64, 24, -1, "pop %rbx; pop %r12; add $8, %rsp",
		     "\x5b\x41\x5c\x48\x83\xc4\x08\xc3"),
		CASE(64, 8, -1, "sub $8, %rsp; popf; pop (%rdi)",
		     "\x48\x83\xec\x08\x9d\x8f\x07\xc3"),
		CASE(64, 0, -1, "push $1; pushf; add $16, %rsp",
		     "\x6a\x01\x9c\x48\x83\xc4\x10\xc3"),
		CASE(32, 0, -1, "push %ax; pop %dx", "\x66\x50\x66\x5a\xc3"),
		CASE(64, 0x18, -1, "leave", "\xc9\xc3"),
		CASE(64, 0x18, -1, "mov %rbp, %rsp; pop %rbp",
		     "\x48\x89\xec\x5d\xc3"),
		CASE(64, -1, -1, "mov %rax, %rbp; leave",
		     "\x48\x89\xc5\xc9\xc3"),
		CASE(64, -1, -1, "mov %rax, %rsp", "\x48\x89\xc4\xc3"),
		CASE(64, -1, -1, "pop %rsp", "\x5c\xc3"),
		CASE(64, -1, -1, "push %rax; ret", "\x50\xc3"),
		/* call 1f; ret; 1: nop; ret */
		CASE(64, 0, -1, "a call on the way",
		     "\xe8\x01\0\0\0\xc3\x90\xc3"),
		/* jmp 1f; 0: ret; 1: ret $16; the first goes to 0 */
		CASE(64, 0, 24, "RET with a number of bytes",
		     "\xeb\x01\xc3\xc2\x10\0"),
#undef CASE
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rr_landmark lm = at(BASE);

		memset(memory, 0, sizeof(memory));
		memcpy(memory + 0x300, "\x74\xfe", 2);
		for (unsigned int at = 0; at < 64; at += 8)
			put_word(at, BASE + 0x300, cases[i].code_bits);
		if (cases[i].second >= 0)
			put_word(0, BASE + 2, 64);
		lm.regs[RR_REG_RBP] = BASE + 0x810;
		find(cases[i].code_bits, cases[i].code, cases[i].bytes, &lm, 0,
		     0);
		ksft_ok(are_words(cases[i].first, cases[i].second),
			"which word it reads: %s", cases[i].what);
	}
}

/* A kernel's code with a RET is looked at again: what it reads may be another. */
static void check_kernel_return(void)
{
	struct rr_landmark lm = at(BASE | 1ull << 63);
	struct rr_loop_decoder *decoder = NULL;
	struct rr_loop_guest guest = { .landmark = &lm,
				       .code_bits = 64,
				       .read = read_memory };

	guest.base[RR_SEGMENT_CS] = 1ull << 63; /* it is at BASE */
	memset(memory, 0, sizeof(memory));
	memcpy(memory, "\x90\xc3", 2);
	rr_loop_find(&decoder, &guest, &found);
	ksft_ok(found.word_count == 1 && !rr_loop_is_known(decoder, &lm),
		"RET of a kernel");
	rr_loop_free(decoder);
}

static void check_limits(void)
{
	struct rr_landmark lm = at(BASE);
	char code[256];
	size_t bytes;

	/* 20 of MOVSB, with two operands each; then 30 of INCL (RDI) */
	memset(code, 0xa4, 20);
	bytes = 20;
	memcpy(code + bytes, "\xe9\xe7\xff\xff\xff", 5);
	ksft_ok(find(64, code, bytes + 5, &lm, 0, 0) == RR_LOOP_RANGES,
		"no more ranges than there is room for");
	for (bytes = 0; bytes < 60; bytes += 2)
		memcpy(code + bytes, "\xff\x07", 2);
	memcpy(code + bytes, "\xe9\xbf\xff\xff\xff", 5);
	ksft_ok(find(64, code, bytes + 5, &lm, 0, 0) == 0,
		"a loop of more than 24 instructions");
}

int main(void)
{
	ksft_plan(5 + 3 + 16 + 1 + 2 + 19 + 1 + 2);
	check_operands();
	check_ways();
	check_others();
	check_changed();
	check_kernel();
	check_returns();
	check_kernel_return();
	check_limits();
	return ksft_end();
}
