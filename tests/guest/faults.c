/*
 * What a processor reports to a program: page faults, flags, single steps.
 *
 * All of it is seen by signal handlers, so the same program shows on any host what
 * that host's processor does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/guest/faults.h"

#define PAGE_BYTES 4096
#define FLAG_TF 0x100
#define FLAG_RF 0x10000
#define FLAG_OF 0x800
/* The error code of a page fault (SDM vol. 3, 4.7). */
#define PF_PRESENT 1
#define PF_WRITE 2
#define PF_USER 4
#define STEPS 8

static sigjmp_buf after_fault;
static struct {
	unsigned long error, flags, address, rip, rsp, r14, r15;
	int trap;
	unsigned int x87_tags; /* a bit for each register that is not empty */
} fault;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	fault.error = regs[REG_ERR];
	fault.flags = regs[REG_EFL];
	fault.address = regs[REG_CR2];
	fault.trap = regs[REG_TRAPNO];
	fault.rip = regs[REG_RIP];
	fault.rsp = regs[REG_RSP];
	fault.r14 = regs[REG_R14];
	fault.r15 = regs[REG_R15];
	fault.x87_tags = ((ucontext_t *)context)->uc_mcontext.fpregs->ftw &
			 0xff;
	siglongjmp(after_fault, 1);
}

static void catch_faults(void)
{
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
}

/*
 * Instructions that read and write one operand, at RDI.  A processor takes their
 * page faults as those of a write, whether they would write or not.
 */
/* clang-format off */
#define READ_AND_WRITE(X) \
	X(add, "add %%rax, (%%rdi)") \
	X(add_imm, "addl $1, (%%rdi)") \
	X(add_lock, "lock; add %%rax, (%%rdi)") \
	X(adc, "adc %%rax, (%%rdi)") \
	X(adc_lock, "lock; adc %%rax, (%%rdi)") \
	X(sbb, "sbb %%rax, (%%rdi)") \
	X(sbb_lock, "lock; sbb %%rax, (%%rdi)") \
	X(sub, "sub %%rax, (%%rdi)") \
	X(and, "and %%rax, (%%rdi)") \
	X(and_lock, "lock; and %%rax, (%%rdi)") \
	X(or, "or %%rax, (%%rdi)") \
	X(xor, "xor %%rax, (%%rdi)") \
	X(inc, "incl (%%rdi)") \
	X(inc_lock, "lock; incq (%%rdi)") \
	X(dec, "decb (%%rdi)") \
	X(not, "notq (%%rdi)") \
	X(not_lock, "lock; notq (%%rdi)") \
	X(neg, "negq (%%rdi)") \
	X(neg_lock, "lock; negq (%%rdi)") \
	X(xchg, "xchg %%rax, (%%rdi)") \
	X(xadd, "xadd %%rax, (%%rdi)") \
	X(xadd_lock, "lock; xadd %%al, (%%rdi)") \
	X(cmpxchg, "cmpxchg %%rcx, (%%rdi)") \
	X(cmpxchg_other, "inc %%eax; cmpxchg %%rcx, (%%rdi)") \
	X(cmpxchg_lock, "inc %%eax; lock; cmpxchg %%rcx, (%%rdi)") \
	X(cmpxchg8b, "inc %%eax; cmpxchg8b (%%rdi)") \
	X(cmpxchg8b_lock, "lock; cmpxchg8b (%%rdi)") \
	X(cmpxchg16b, "inc %%eax; cmpxchg16b (%%rdi)") \
	X(cmpxchg16b_lock, "lock; cmpxchg16b (%%rdi)") \
	X(bts_imm, "btsl $1, (%%rdi)") \
	X(bts, "bts %%eax, (%%rdi)") \
	X(bts_lock, "lock; btsl $1, (%%rdi)") \
	X(btr, "btr %%eax, (%%rdi)") \
	X(btc, "btc %%eax, (%%rdi)") \
	X(shl_1, "shll (%%rdi)") \
	X(shl_3, "shll $3, (%%rdi)") \
	X(shl_0, ".byte 0xc1, 0x27, 0") \
	X(shl_cl, "shll %%cl, (%%rdi)") \
	X(sar_cl, "sarl %%cl, (%%rdi)") \
	X(rol_cl, "roll %%cl, (%%rdi)") \
	X(rcl_1, "rcll (%%rdi)") \
	X(rcl_cl, "rcll %%cl, (%%rdi)") \
	X(rcr_9, "rcrb $9, (%%rdi)") \
	X(shld, "shld $3, %%eax, (%%rdi)") \
	X(shrd_cl, "shrd %%cl, %%eax, (%%rdi)")
#define WRITE_ALONE(X) \
	X(mov_to, "mov %%rax, (%%rdi)") \
	X(setc, "setc (%%rdi)") \
	X(stos, "stosl")
#define READ_ALONE(X) \
	X(mov_from, "mov (%%rdi), %%rax") \
	X(cmp, "cmp %%rax, (%%rdi)") \
	X(test, "test %%rax, (%%rdi)") \
	X(bt, "bt %%eax, (%%rdi)") \
	X(scas, "scasl")
/* Hints to the cache, which fault nowhere. */
#define NO_ACCESS(X) \
	X(prefetchw, "prefetchw (%%rdi)") \
	X(prefetcht0, "prefetcht0 (%%rdi)") \
	X(nop, "nopl (%%rdi)")
/* clang-format on */

#define FUNCTION(id, text)                                           \
	static void insn_##id(void *address)                         \
	{                                                            \
		__asm__ volatile("xor %%eax, %%eax\n\t"              \
				 "xor %%ecx, %%ecx\n\t" text         \
				 : "+D"(address)                     \
				 :                                   \
				 : "rax", "rbx", "rcx", "rdx", "cc", \
				   "memory");                        \
	}
READ_AND_WRITE(FUNCTION)
WRITE_ALONE(FUNCTION)
READ_ALONE(FUNCTION)
NO_ACCESS(FUNCTION)

enum access { NONE, READ, WRITE };
static const struct insn {
	const char *name;
	void (*run)(void *address);
	enum access access;
} insns[] = {
#define ROW(id, access) { #id, insn_##id, access },
#define ROW_WRITE(id, text) ROW(id, WRITE)
#define ROW_READ(id, text) ROW(id, READ)
#define ROW_NONE(id, text) ROW(id, NONE)
	READ_AND_WRITE(ROW_WRITE) WRITE_ALONE(ROW_WRITE) READ_ALONE(ROW_READ)
		NO_ACCESS(ROW_NONE)
};

/* True if @run faults at @address with that error code, or not at all if it is -1. */
static bool faults_with(void (*run)(void *), char *address, int error)
{
	if (sigsetjmp(after_fault, 1))
		return fault.trap == 14 &&
		       fault.error == (unsigned long)error &&
		       fault.address == (uintptr_t)address;
	run(address);
	return error == -1;
}

static void print_page_faults(void)
{
	const int prot = PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	char *absent = mmap(NULL, PAGE_BYTES, PROT_NONE, flags, -1, 0);
	char *read_only = mmap(NULL, PAGE_BYTES, prot, flags, -1, 0);
	unsigned int i, as_expected = 0,
			count = sizeof(insns) / sizeof(insns[0]);

	for (i = 0; i < count; i++) {
		const struct insn *insn = &insns[i];
		int error = insn->access == NONE  ? -1 :
			    insn->access == WRITE ? PF_USER | PF_WRITE :
						    PF_USER;
		bool ok = faults_with(insn->run, absent, error);

		/* After this no TLB has the page. */
		mprotect(read_only, PAGE_BYTES, prot);
		mprotect(read_only, PAGE_BYTES, PROT_READ);
		error = insn->access == WRITE ?
				PF_USER | PF_WRITE | PF_PRESENT :
				-1;
		ok = faults_with(insn->run, read_only, error) && ok;
		if (ok)
			as_expected++;
		else
			printf("page-fault %s is another one\n", insn->name);
	}
	printf("page-faults %u of %u\n", as_expected, count);
}

/* OF after BT: kept, whether or not a jump comes between (TCG cuts blocks there). */
static void print_bt(void)
{
	unsigned long together, apart;
	const uint32_t bits = 0;

	__asm__ volatile("mov $0x80000000, %%ebx; add $4, %%ebx\n\t"
			 "btl $12, %1\n\t"
			 "pushf; pop %0"
			 : "=r"(together)
			 : "m"(bits)
			 : "rbx", "cc");
	__asm__ volatile("mov $0x80000000, %%ebx; add $4, %%ebx\n\t"
			 "jmp 1f\n\tnop\n1:\t"
			 "btl $12, %1\n\t"
			 "pushf; pop %0"
			 : "=r"(apart)
			 : "m"(bits)
			 : "rbx", "cc");
	printf("bt-of one-block %d two-blocks %d\n", !!(together & FLAG_OF),
	       !!(apart & FLAG_OF));
}

static struct {
	unsigned long rcx[STEPS], flags[STEPS], rip[STEPS];
	unsigned int count;
} steps;

static void on_step(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)signal;
	(void)info;
	if (steps.count < STEPS) {
		steps.rcx[steps.count] = regs[REG_RCX];
		steps.rip[steps.count] = regs[REG_RIP];
		steps.flags[steps.count++] = regs[REG_EFL];
	}
}

/* One debug exception an iteration, with RF set in all but the last of them. */
static void print_rep_steps(void)
{
	const struct sigaction action = {
		.sa_sigaction = on_step,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};
	char from[4] = "abc", to[4];
	void *rsi = from, *rdi = to;
	unsigned long rcx = 3, start;
	unsigned int i;

	sigaction(SIGTRAP, &action, NULL);
	__asm__ volatile("sub $128, %%rsp\n\t"
			 "lea 1f(%%rip), %3\n\t"
			 "pushf; orl %4, (%%rsp); popf\n"
			 "1:\trep; movsb\n\t"
			 "pushf; andl %5, (%%rsp); popf\n\t"
			 "add $128, %%rsp"
			 : "+S"(rsi), "+D"(rdi), "+c"(rcx), "=&r"(start)
			 : "i"(FLAG_TF), "i"(~FLAG_TF)
			 : "cc", "memory");
	printf("rep-steps");
	for (i = 0; i < steps.count; i++)
		if (steps.rip[i] <= start + 2)
			printf(" rcx %lu%s", steps.rcx[i],
			       steps.flags[i] & FLAG_RF ? " rf" : "");
	printf("\n");
}

#define CS_32 0x23 /* of Linux, for 32-bit programs */
#define SYS_GETPID_32 20

/*
 * SYSENTER in compatibility mode: AMD processors have none.  Elsewhere Linux is
 * entered; it returns into a vDSO that a 64-bit process does not have.
 */
static void print_sysenter(void)
{
	if (!sigsetjmp(after_fault, 1))
		__asm__ volatile("mov %0, %%eax\n\t"
				 "pushq %1; lea 1f(%%rip), %%rcx\n\t"
				 "push %%rcx; lretq\n"
				 "1:\t.byte 0x0f, 0x34"
				 :
				 : "i"(SYS_GETPID_32), "i"(CS_32)
				 : "rax", "rcx", "memory");
	printf("sysenter %s\n", fault.trap == 6 ? "is invalid" : "enters");
}

/* The smallest number by -1: the quotient does not fit (SDM volume 2, IDIV). */
static const char *idiv_word(void)
{
	if (sigsetjmp(after_fault, 1))
		return "traps";
	__asm__ volatile("idivw %w0" : : "r"(-1), "a"(0), "d"(0x8000) : "cc");
	return "divides";
}

static const char *idiv_dword(void)
{
	if (sigsetjmp(after_fault, 1))
		return "traps";
	__asm__ volatile("idivl %0"
			 :
			 : "r"(-1), "a"(0), "d"(0x80000000)
			 : "cc");
	return "divides";
}

/* An MMX instruction that faults leaves the tags of x87 as they were. */
#define TAGS_AFTER(page, insn)                                      \
	({                                                          \
		fault.x87_tags = 1;                                 \
		if (!sigsetjmp(after_fault, 1))                     \
			__asm__ volatile("pcmpeqb %%mm1, %%mm1\n\t" \
					 "fninit\n\tfld1\n\t" insn  \
					 :                          \
					 : "r"(page), "D"(page)     \
					 : "memory");               \
		__asm__ volatile("fninit");                         \
		fault.x87_tags;                                     \
	})

static void print_mmx_tags(void)
{
	uint8_t *page = mmap(NULL, PAGE_BYTES, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int load = TAGS_AFTER(page, "movq (%0), %%mm0"),
		     add = TAGS_AFTER(page, "paddb (%0), %%mm0"),
		     store = TAGS_AFTER(page, "movq %%mm0, (%0)"),
		     half = TAGS_AFTER(page, "movd %%mm0, (%0)"),
		     mask = TAGS_AFTER(page, "maskmovq %%mm1, %%mm0");

	printf("mmx-tags %x %x %x %x %x\n", load, add, store, half, mask);
	munmap(page, PAGE_BYTES);
}

/* Scalar FMA reads 4 or 8 bytes: here the last ones of a page. */
static void print_fma_at_page_end(void)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!__builtin_cpu_supports("fma"))
		return;
	mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE);
	fault.trap = 0;
	if (!sigsetjmp(after_fault, 1))
		__asm__ volatile("vfmadd231ss -4(%0), %%xmm0, %%xmm0\n\t"
				 "vfmadd231sd -8(%0), %%xmm0, %%xmm0"
				 :
				 : "r"(pages + PAGE_BYTES)
				 : "xmm0");
	printf("fma-at-page-end %s\n", fault.trap ? "faults" : "reads");
	munmap(pages, 2 * PAGE_BYTES);
}

#define NOT_CANONICAL 0x8000000000001234

/* R14 is the address of the instruction @insn, R15 the stack pointer before it. */
#define FAULTS_AT_JUMP(insn)                                                  \
	({                                                                    \
		uintptr_t target = NOT_CANONICAL;                             \
                                                                              \
		fault.trap = 0;                                               \
		if (!sigsetjmp(after_fault, 1))                               \
			__asm__ volatile(                                     \
				"sub $128, %%rsp; push %0; push %0\n\t"       \
				"mov %%rsp, %%r15\n\t"                        \
				"lea 1f(%%rip), %%r14\n"                      \
				"1:\t" insn                                   \
				:                                             \
				: "a"(target), "d"(&target)                   \
				: "r14", "r15", "memory");                    \
		fault.trap == 13 && !fault.error && fault.rip == fault.r14 && \
			fault.rsp == fault.r15;                               \
	})

/* A jump to what is not canonical faults itself (SDM volume 2, JMP). */
static void print_jumps(void)
{
	volatile unsigned int good = FAULTS_AT_JUMP("jmp *%%rax");

	good += FAULTS_AT_JUMP("jmp *(%%rdx)");
	good += FAULTS_AT_JUMP("call *%%rax");
	good += FAULTS_AT_JUMP("call *(%%rdx)");
	good += FAULTS_AT_JUMP("ret");
	good += FAULTS_AT_JUMP("ret $8");
	printf("jumps %u of 6\n", good);
}

/* The exception of @insn: RAX is the address of a number, RDX not canonical. */
#define TRAP_OF(insn)                                                       \
	({                                                                  \
		static uint64_t number;                                     \
                                                                            \
		fault.trap = 0;                                             \
		if (!sigsetjmp(after_fault, 1))                             \
			__asm__ volatile("sub $128, %%rsp\n\t" insn "; ud2" \
					 :                                  \
					 : "a"(&number), "d"(NOT_CANONICAL) \
					 : "rcx", "memory");                \
		fault.trap;                                                 \
	})

/* What is not canonical is #SS by RSP or RBP, else #GP (SDM volume 1, 3.3.7.1). */
static void print_stack_faults(void)
{
	volatile unsigned int stack = 0, other = 0;

	stack += TRAP_OF("mov %%rdx, %%rbp; mov (%%rbp), %%rcx") == 12;
	stack += TRAP_OF("mov %%rdx, %%rsp; mov %%rcx, (%%rsp)") == 12;
	stack += TRAP_OF("mov %%rdx, %%rbp; .byte 0x3e; "
			 "addl $1, (%%rbp)") == 12;
	stack += TRAP_OF("mov %%rdx, %%rbp; movups (%%rbp), %%xmm0") == 12;
	stack += TRAP_OF("mov %%rdx, %%rbp; fxsave 12(%%rbp)") == 12;
	stack += TRAP_OF("mov %%rdx, %%rbp; fldt (%%rbp)") == 12;
	stack += TRAP_OF("mov %%rdx, %%rbp; leave") == 12;
	stack += TRAP_OF("mov %%rdx, %%rsp; push %%rcx") == 12;
	stack += TRAP_OF("mov %%rdx, %%rsp; ret") == 12;
	stack += TRAP_OF("mov %%rdx, %%rsp; push (%%rax)") == 12;
	stack += TRAP_OF("mov %%rdx, %%rsp; pop (%%rax)") == 12;
	other += TRAP_OF("mov (%%rdx), %%rcx") == 13;
	other += TRAP_OF("xor %%ecx, %%ecx; mov %%rdx, %%rbp; "
			 "mov (%%rcx,%%rbp), %%rcx") == 13;
	other += TRAP_OF("mov %%rdx, %%rbp; mov %%gs:(%%rbp), %%rcx") == 13;
	other += TRAP_OF("push (%%rdx)") == 13;
	other += TRAP_OF("pop (%%rdx)") == 13;
	other += TRAP_OF("call *(%%rdx)") == 13;
	printf("stack-faults %u of 11, others %u of 6\n", stack, other);
}

void print_faults(void)
{
	catch_faults();
	print_page_faults();
	print_bt();
	print_rep_steps();
	print_mmx_tags();
	print_jumps();
	print_stack_faults();
	print_fma_at_page_end();
	print_sysenter();
	printf("idiv 16 %s 32 %s\n", idiv_word(), idiv_dword());
}
