/*
 * Segment limits (SDM vol. 3, 5.3), as a 64-bit program under Linux sees them: it makes
 * segments with modify_ldt(), and uses them in compatibility mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/guest/faults.h"

#define LDT_SELECTOR(n) ((n) << 3 | 7)
#define MEMORY_BYTES 0x20000
#define CODE_BYTES 24
#define CS_32 0x23 /* of Linux, for 32-bit programs */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TRAP_BR 5
#define TRAP_SS 12
#define TRAP_GP 13

/* The LDT. */
enum {
	SHORT, /* limit 0xfff */
	LARGE, /* limit 0xffff */
	DOWN, /* expands down: from 0x1000 on */
	DOWN_16, /* the same with an upper bound of 0xffff */
	READ_ONLY,
	CODE_SHORT, /* limit 0xff */
	CODE_16, /* 16-bit code, limit 0xffff */
	SEGMENTS,
	NULL_SEGMENT = -1,
};

static sigjmp_buf after_fault;
static struct {
	int trap;
	uint32_t eip;
} fault;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	fault.trap = regs[REG_TRAPNO];
	fault.eip = regs[REG_RIP];
	siglongjmp(after_fault, 1);
}

/*
 * 32-bit code: EDI is the offset, ES and GS are the segment; SS too in the ones that use
 * the stack.  All leave by a far jump to leave_32.
 */
void enter_32(uint32_t code, uint32_t code_selector, uint32_t offset,
	      uint32_t selector);
#define CODE(name, text) \
	"insn_" #name ":\n\t" text "\n\tljmpl $0x33, $leave_32\n"
__asm__(".pushsection .text\n"
	"enter_32:\n\t"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n\t"
	"mov %rsp, saved_rsp(%rip)\n\t"
	"mov %edx, %r8d\n\t"
	"mov %ecx, %es; mov %ecx, %gs\n\t"
	"push %rsi; push %rdi; mov %r8d, %edi; mov $8, %esi\n\t"
	"mov $0x2b, %eax; mov %eax, %ds\n\t"
	"lretq\n"
	"leave_32:\n\t"
	"mov saved_rsp(%rip), %rsp\n\t"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n\t"
	"xor %eax, %eax; mov %eax, %es; mov %eax, %gs\n\t"
	"mov $0x2b, %eax; mov %eax, %ss\n\t"
	"ret\n"
	".code32\n" /* clang-format off */
	CODE(load, "mov %es:(%edi), %eax")
	CODE(load_byte, "mov %es:(%edi), %al")
	CODE(store, "mov %eax, %es:(%edi)")
	CODE(add, "addl $0, %es:(%edi)")
	CODE(lock_add, "lock; addl $0, %es:(%edi)")
	CODE(bts, "mov $32, %eax; bts %eax, %es:(%edi)")
	CODE(gs_load, "mov %gs:(%edi), %ax")
	CODE(sse, "movups %es:(%edi), %xmm0")
	CODE(x87, "fldt %es:(%edi); fstp %st")
	CODE(stos, "stosl")
	CODE(fxsave, "fxsave %es:(%edi)")
	CODE(fxrstor, "fxrstor %es:(%edi)")
	CODE(xsave, "xor %eax, %eax; xor %edx, %edx; xsave %es:(%edi)")
	CODE(xrstor, "xor %eax, %eax; xor %edx, %edx; xrstor %es:(%edi)")
	CODE(xsave_avx, "mov $4, %eax; xor %edx, %edx; xsave %es:(%edi)")
	CODE(bound, "xor %eax, %eax; bound %eax, %es:(%edi)")
	CODE(bound_below, "mov $0x80000000, %eax; bound %eax, %es:(%edi)")
	CODE(bound_above, "mov $0x7fffffff, %eax; bound %eax, %es:(%edi)")
	CODE(gather, "pcmpeqd %xmm0, %xmm0; pxor %xmm1, %xmm1;"
		     "vpgatherdd %xmm0, %es:(%edi, %xmm1), %xmm2")
	CODE(gather_none, "pxor %xmm0, %xmm0; pxor %xmm1, %xmm1;"
			  "vpgatherdd %xmm0, %es:(%edi, %xmm1), %xmm2")
	CODE(mask_load, "pcmpeqd %xmm0, %xmm0; psrldq $12, %xmm0;"
			"vmaskmovps %es:(%edi), %xmm0, %xmm1")
	CODE(mask_store, "pcmpeqd %xmm0, %xmm0; psrldq $12, %xmm0;"
			 "vmaskmovps %xmm1, %xmm0, %es:(%edi)")
	CODE(mask_bytes, "pxor %xmm0, %xmm0; es; maskmovdqu %xmm0, %xmm1")
	CODE(cmpxchg8b, "cmpxchg8b %es:(%edi)")
	CODE(movbe, "movbe %es:(%edi), %eax")
	CODE(movhps, "movhps %es:(%edi), %xmm0")
	CODE(movq, "movq %xmm0, %es:(%edi)")
	CODE(clflush, "clflush %es:(%edi)")
	CODE(push, "mov %ecx, %ss; mov %edi, %esp; push %eax")
	CODE(pop, "mov %ecx, %ss; mov %edi, %esp; pop %eax")
	CODE(call, "mov %ecx, %ss; mov %edi, %esp; call 1f; 1:")
	CODE(enter, "mov %ecx, %ss; mov %edi, %esp; enter $0, $0")
	/* copied to a segment of their own */
	CODE(none, "")
	CODE(nop, "nop")
	CODE(jump, ".byte 0xe9; .long 0x100 - 5")
	CODE(jump_indirect, "mov $0x100, %eax; jmp *%eax")
	CODE(jump_if, "cmp %eax, %eax; .byte 0x0f, 0x84; .long 0x100 - 8")
	".code16\n"
	CODE(load_16, "mov %es:(%di), %ax")
	CODE(wrap_16, "mov %es:2(%di), %ax")
	".code64\n" /* clang-format on */
						    ".popsection\n"
						    ".local saved_rsp\n"
						    ".comm saved_rsp, 8, 8\n");

extern const char insn_load[], insn_load_byte[], insn_store[], insn_add[],
	insn_lock_add[], insn_bts[], insn_gs_load[], insn_sse[], insn_x87[],
	insn_stos[], insn_fxsave[], insn_fxrstor[], insn_xsave[], insn_xrstor[],
	insn_xsave_avx[], insn_bound[], insn_bound_below[], insn_bound_above[],
	insn_gather[], insn_gather_none[], insn_mask_load[], insn_mask_store[],
	insn_mask_bytes[], insn_cmpxchg8b[], insn_movbe[], insn_movhps[],
	insn_movq[], insn_clflush[], insn_push[], insn_pop[], insn_call[],
	insn_enter[], insn_none[], insn_nop[], insn_jump[],
	insn_jump_indirect[], insn_jump_if[], insn_load_16[], insn_wrap_16[];
static uint8_t *memory; /* below 4 GiB: data, and code in its second half */

/* False if Linux was built without 16-bit segments. */
static bool have_16_bit = true;

static void make_segment(unsigned int entry, uint32_t offset, uint32_t limit,
			 unsigned int contents, bool is_32, bool read_only)
{
	struct user_desc desc = {
		.entry_number = entry,
		.base_addr = (uint32_t)(uintptr_t)memory + offset,
		.limit = limit,
		.seg_32bit = is_32,
		.contents = contents,
		.read_exec_only = read_only,
		.useable = 1,
	};

	if (!(int)syscall(SYS_modify_ldt, 0x11, &desc, sizeof(desc)))
		return;
	if (is_32)
		perror("modify_ldt");
	else
		have_16_bit = false;
}

static void make_segments(void)
{
	const struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	make_segment(SHORT, 0, 0xfff, MODIFY_LDT_CONTENTS_DATA, true, false);
	make_segment(LARGE, 0, 0xffff, MODIFY_LDT_CONTENTS_DATA, true, false);
	make_segment(DOWN, 0, 0xfff, MODIFY_LDT_CONTENTS_STACK, true, false);
	make_segment(DOWN_16, 0, 0xfff, MODIFY_LDT_CONTENTS_STACK, false,
		     false);
	make_segment(READ_ONLY, 0, 0xfff, MODIFY_LDT_CONTENTS_DATA, true, true);
	make_segment(CODE_SHORT, 0x10000, 0xff, MODIFY_LDT_CONTENTS_CODE, true,
		     false);
	make_segment(CODE_16, 0x10000, 0xffff, MODIFY_LDT_CONTENTS_CODE, false,
		     false);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Accesses of ES, GS or SS at an offset: 0, or the exception's vector. */
static const struct access {
	const char *name;
	const char *code;
	int segment;
	uint32_t offset;
	int trap;
} accesses[] = {
#define A(name, segment, offset, trap)                    \
	{                                                 \
#name, insn_##name, segment, offset, trap \
	}
	A(load, SHORT, 0xffc, 0),
	A(load, SHORT, 0xffd, TRAP_GP),
	A(load, SHORT, 0x10000, TRAP_GP),
	A(load, SHORT, 0xffffffff, TRAP_GP),
	A(load_byte, SHORT, 0xfff, 0),
	A(load_byte, SHORT, 0x1000, TRAP_GP),
	A(store, SHORT, 0xffc, 0),
	A(store, SHORT, 0xffe, TRAP_GP),
	A(add, SHORT, 0xffc, 0),
	A(add, SHORT, 0xfff, TRAP_GP),
	A(lock_add, SHORT, 0xffc, 0),
	A(lock_add, SHORT, 0x1000, TRAP_GP),
	A(bts, SHORT, 0xff8, 0),
	A(bts, SHORT, 0xffc, TRAP_GP),
	A(gs_load, SHORT, 0xffe, 0),
	A(gs_load, SHORT, 0xfff, TRAP_GP),
	A(sse, SHORT, 0xff0, 0),
	A(sse, SHORT, 0xff1, TRAP_GP),
	A(x87, SHORT, 0xff6, 0),
	A(x87, SHORT, 0xff7, TRAP_GP),
	A(stos, SHORT, 0xffc, 0),
	A(stos, SHORT, 0xffd, TRAP_GP),
	A(fxsave, SHORT, 0xe00, 0),
	A(fxsave, SHORT, 0xe10, TRAP_GP),
	A(fxsave, READ_ONLY, 0, TRAP_GP),
	A(fxrstor, SHORT, 0xe00, 0),
	A(fxrstor, SHORT, 0xe10, TRAP_GP),
	A(xsave, SHORT, 0xdc0, 0),
	A(xsave, SHORT, 0xe00, TRAP_GP),
	A(xsave_avx, SHORT, 0xcc0, 0),
	A(xsave_avx, SHORT, 0xd00, TRAP_GP),
	A(xrstor, SHORT, 0xdc0, 0),
	A(xrstor, SHORT, 0xe00, TRAP_GP),
	A(bound, SHORT, 0xff8, 0),
	A(bound, SHORT, 0xffd, TRAP_GP),
	A(bound_above, SHORT, 0xffc, TRAP_GP),
	A(bound_below, SHORT, 0xffc, TRAP_BR),
	A(gather, SHORT, 0xffc, 0),
	A(gather, SHORT, 0xffd, TRAP_GP),
	A(gather_none, SHORT, 0x1000, 0),
	A(mask_load, SHORT, 0xffc, 0),
	A(mask_load, SHORT, 0xffd, TRAP_GP),
	A(mask_store, SHORT, 0xffc, 0),
	A(mask_store, SHORT, 0xffd, TRAP_GP),
	A(mask_bytes, SHORT, 0xff0, 0),
	A(mask_bytes, SHORT, 0xff1, TRAP_GP),
	A(cmpxchg8b, SHORT, 0xff8, 0),
	A(cmpxchg8b, SHORT, 0xff9, TRAP_GP),
	A(movbe, SHORT, 0xffc, 0),
	A(movbe, SHORT, 0xffd, TRAP_GP),
	A(movhps, SHORT, 0xff8, 0),
	A(movhps, SHORT, 0xff9, TRAP_GP),
	A(movq, SHORT, 0xff8, 0),
	A(movq, SHORT, 0xff9, TRAP_GP),
	A(clflush, SHORT, 0xfff, 0),
	A(clflush, SHORT, 0x1000, TRAP_GP),
	A(load, DOWN, 0x1000, 0),
	A(load, DOWN, 0xfff, TRAP_GP),
	A(load, DOWN, 0x10000, 0),
	A(load, DOWN_16, 0xfffc, 0),
	A(load, DOWN_16, 0xfffd, TRAP_GP),
	A(load, DOWN_16, 0x10000, TRAP_GP),
	A(load, READ_ONLY, 0, 0),
	A(store, READ_ONLY, 0, TRAP_GP),
	A(add, READ_ONLY, 0, TRAP_GP),
	A(load, NULL_SEGMENT, 0, TRAP_GP),
	A(gs_load, NULL_SEGMENT, 0, TRAP_GP),
	A(push, SHORT, 0x1000, 0),
	A(push, SHORT, 0x1002, TRAP_SS),
	A(push, SHORT, 2, TRAP_SS),
	A(push, DOWN, 0x1004, 0),
	A(push, DOWN, 0x1003, TRAP_SS),
	A(pop, SHORT, 0xffc, 0),
	A(pop, SHORT, 0xffd, TRAP_SS),
	A(call, SHORT, 4, 0),
	A(call, SHORT, 3, TRAP_SS),
	A(enter, SHORT, 3, TRAP_SS),
#undef A
};

/* Code in a segment of its own, entered at an offset: the vector, and EIP then. */
static const struct jump {
	const char *name;
	const char *code;
	uint32_t at;
	int trap;
	uint32_t eip;
} jumps[] = {
#define J(name, at, trap, eip)                    \
	{                                         \
#name, insn_##name, at, trap, eip \
	}
	J(none, 0xf8, 0, 0), /* its 7 bytes end with the segment, or before */
	J(none, 0xfa, TRAP_GP, 0xfa), J(nop, 0xff, TRAP_GP, 0x100),
	J(jump, 0, TRAP_GP, 0),	      J(jump_indirect, 0, TRAP_GP, 5),
	J(jump_if, 0, TRAP_GP, 2),
#undef J
};

/* The same as A(), in 16-bit code. */
static const struct access accesses_16[] = {
#define A(name, segment, offset, trap)                    \
	{                                                 \
#name, insn_##name, segment, offset, trap \
	}
	A(load_16, LARGE, 0xfffe, 0),	    A(load_16, LARGE, 0xffff, TRAP_GP),
	A(load_16, SHORT, 0xfff, TRAP_GP),  A(wrap_16, LARGE, 0xffff, 0),
	A(wrap_16, LARGE, 0xfffd, TRAP_GP),
#undef A
};

static int trap_of(uint32_t code, uint32_t cs, uint32_t offset, int segment)
{
	fault.trap = 0;
	fault.eip = 0;
	if (!sigsetjmp(after_fault, 1))
		enter_32(code, cs, offset,
			 segment == NULL_SEGMENT ? 0 : LDT_SELECTOR(segment));
	return fault.trap;
}

static bool check(const char *name, uint32_t offset, int trap, int expected)
{
	if (trap != expected)
		printf("limit %s at %#x: exception %d, not %d\n", name, offset,
		       trap, expected);
	return trap == expected;
}

void print_limits(void)
{
	unsigned int i, good = 0, count = 0;
	uint8_t *code;

	make_segments();
	code = memory + 0x10000;
	for (i = 0; i < COUNT(accesses); i++) {
		const struct access *a = &accesses[i];
		int trap;

		if (a->segment == DOWN_16 && !have_16_bit)
			continue;
		trap = trap_of((uintptr_t)a->code, CS_32, a->offset,
			       a->segment);

		good += check(a->name, a->offset, trap, a->trap);
		count++;
	}
	for (i = 0; have_16_bit && i < COUNT(accesses_16); i++) {
		const struct access *a = &accesses_16[i];

		memcpy(code, a->code, CODE_BYTES);
		good += check(a->name, a->offset,
			      trap_of(0, LDT_SELECTOR(CODE_16), a->offset,
				      a->segment),
			      a->trap);
		count++;
	}
	for (i = 0; i < COUNT(jumps); i++) {
		const struct jump *j = &jumps[i];

		memcpy(code + j->at, j->code, CODE_BYTES);
		good += check(j->name, j->at,
			      trap_of(j->at, LDT_SELECTOR(CODE_SHORT), 0,
				      SHORT),
			      j->trap) &&
			check(j->name, j->at, fault.eip, j->eip);
		count++;
	}
	printf("limits %u of %u\n", good, count);
}
