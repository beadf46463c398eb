/*
 * The guest that "rr-kvm check-host --record" records: no operating system, one
 * thread, a timer at 1000 Hz that may interrupt it anywhere.
 *
 * It executes instructions whose results the manuals leave undefined, pushes the
 * flags after each, and adds them up; so does its interrupt handler with the flags
 * of what it interrupted.  The sums are printed.  It also does arithmetic in x87 and
 * SSE, copies with REP, locked operations and reads of the TSC.
 *
 * Multiboot starts it in 32-bit mode.  Built for 64 bits it switches to long mode.
 * Its command line may have "rounds=N".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdint.h>

#define ROUNDS_DEFAULT 2000
#define COM1 0x3f8
#define PIC1 0x20
#define PIC2 0xa0
#define PIT 0x40
#define PIT_HZ 1193182
#define TICKS_HZ 1000
#define TIMER_VECTOR 0x20
#define CODE_SELECTOR 0x08
#define RESULTS 256

struct multiboot_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
};

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {
	0x1badb002,
	0,
	-0x1badb002u,
};

/* What an interrupt pushes; in 64-bit mode SS and RSP always. */
struct frame {
	size_t ip, cs, flags;
#ifdef __x86_64__
	size_t sp, ss;
#endif
};

#ifdef __x86_64__
#define WORD "q"
struct gate {
	uint16_t offset_low, selector, attributes, offset_middle;
	uint32_t offset_high, reserved;
};
#else
#define WORD "l"
struct gate {
	uint16_t offset_low, selector, attributes, offset_middle;
};
#endif

static struct gate idt[256];
static volatile size_t ticks, interrupted_flags;
static size_t results[RESULTS];
static uint8_t copied[2][512];

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print(const char *s)
{
	while (*s)
		outb(COM1, (uint8_t)*s++);
}

static void print_hex(uint64_t x)
{
	int i;

	for (i = 60; i >= 0; i -= 4)
		outb(COM1, (uint8_t) "0123456789abcdef"[(x >> i) & 15]);
}

__attribute__((interrupt, target("general-regs-only"))) static void
timer(struct frame *frame)
{
	ticks++;
	interrupted_flags = interrupted_flags * 31 + frame->flags;
	__asm__ volatile("outb %0, %1" : : "a"((uint8_t)0x20), "Nd"(PIC1));
}

static void set_gate(unsigned int vector, size_t handler)
{
	idt[vector] = (struct gate){
		.offset_low = (uint16_t)handler,
		.selector = CODE_SELECTOR,
		.attributes = 0x8e00, /* present, an interrupt gate */
		.offset_middle = (uint16_t)(handler >> 16),
	};
}

static void start_timer(void)
{
	struct {
		uint16_t limit;
		size_t base;
	} __attribute__((packed)) idtr = { sizeof(idt) - 1, (size_t)idt };
	unsigned int divisor = PIT_HZ / TICKS_HZ;

	set_gate(TIMER_VECTOR, (size_t)timer);
	__asm__ volatile("lidt %0" : : "m"(idtr));
	outb(PIC1, 0x11);
	outb(PIC2, 0x11);
	outb(PIC1 + 1, TIMER_VECTOR);
	outb(PIC2 + 1, TIMER_VECTOR + 8);
	outb(PIC1 + 1, 4);
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, 0xfe); /* all but the timer are masked */
	outb(PIC2 + 1, 0xff);
	outb(PIT + 3, 0x34);
	outb(PIT, (uint8_t)divisor);
	outb(PIT, (uint8_t)(divisor >> 8));
	__asm__ volatile("sti");
}

static size_t next_random(size_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/*
 * Execute @insn on %0 and %1, with the flags of the sum before; then push the
 * flags.  There is no red zone here.
 */
#define RUN(insn)                                                         \
	do {                                                              \
		size_t dest = next_random(&state), flags;                 \
		size_t source = next_random(&state) >> (state & 31);      \
                                                                          \
		__asm__ volatile(insn "\n\tpushf\n\tpop %1"               \
				 : "+r"(dest), "=&r"(flags), "+r"(source) \
				 : "c"((uint8_t)state)                    \
				 : "cc", "memory");                       \
		results[n++ % RESULTS] = flags & 0x8d5;                   \
		sum = (sum << 5 | sum >> (8 * sizeof(sum) - 5)) ^ dest ^  \
		      source ^ (flags & 0x8d5);                           \
	} while (0)

/* On DX:AX and their like; a divisor whose quotient always fits. */
#define RUN_WIDE(insn, high_is_zero)                                   \
	do {                                                           \
		size_t low = next_random(&state), flags;               \
		size_t high = high_is_zero ? 0 : state;                \
		size_t source = next_random(&state) | 1;               \
                                                                       \
		__asm__ volatile(insn "\n\tpushf\n\tpop %2"            \
				 : "+a"(low), "+d"(high), "=&r"(flags) \
				 : "r"(source)                         \
				 : "cc", "memory");                    \
		results[n++ % RESULTS] = flags & 0x8d5;                \
		sum = (sum * 31) ^ low ^ high ^ (flags & 0x8d5);       \
	} while (0)

static size_t run_integers(size_t seed)
{
	size_t state = seed, sum = seed;
	unsigned int n = 0;

	RUN("shl" WORD " %%cl, %0");
	RUN("shr" WORD " %%cl, %0");
	RUN("sar" WORD " %%cl, %0");
	RUN("rol" WORD " %%cl, %0");
	RUN("ror" WORD " %%cl, %0");
	RUN("rcl" WORD " %%cl, %0");
	RUN("rcr" WORD " %%cl, %0");
	RUN("shld" WORD " %%cl, %2, %0");
	RUN("shrd" WORD " %%cl, %2, %0");
	RUN("shldw %%cl, %w2, %w0");
	RUN("shrdw %%cl, %w2, %w0");
	RUN("rclw %%cl, %w0");
	RUN("imul" WORD " %2, %0");
	RUN("imulw %w2, %w0");
	RUN("bsf" WORD " %2, %0");
	RUN("bsr" WORD " %2, %0");
	RUN("bt" WORD " %2, %0");
	RUN("add" WORD " %2, %0\n\tbts" WORD " $3, %0");
	RUN("xadd" WORD " %0, %2");
	RUN_WIDE("mul" WORD " %3", 1);
	RUN_WIDE("imul" WORD " %3", 1);
	RUN_WIDE("div" WORD " %3", 1);
	return sum;
}

/* Add, multiply, divide and take roots; the estimates are read from tables. */
static uint64_t run_floats(size_t seed)
{
	float a = (float)(seed & 0xffff) + 0.5f, b = a;
	double x87 = a;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		union {
			double d;
			uint64_t u;
		} value;
		uint32_t bits;

		__asm__ volatile("mulss %1, %0\n\trcpss %0, %0\n\t"
				 "rsqrtss %0, %1\n\tsqrtss %1, %1"
				 : "+x"(a), "+x"(b));
		__asm__ volatile("fldl %0\n\tfld %%st(0)\n\tfsqrt\n\t"
				 "faddp\n\tfld1\n\tfdivp\n\tfstpl %0"
				 : "+m"(x87));
		value.d = x87;
		__asm__("movd %1, %0" : "=r"(bits) : "x"(a));
		sum = sum * 31 + bits + value.u;
		a += 1.25f;
		b += 2.5f;
		x87 += 3.0;
	}
	return sum;
}

/* REP, which an interrupt may cut; a locked loop; the TSC. */
static uint64_t run_memory(size_t seed)
{
	void *from = copied[seed & 1], *to = copied[~seed & 1];
	size_t bytes = sizeof(copied[0]);
	uint32_t low, high;

	copied[seed & 1][seed % sizeof(copied[0])] = (uint8_t)seed;
	__asm__ volatile("rep movsb"
			 : "+S"(from), "+D"(to), "+c"(bytes)
			 :
			 : "memory");
	__atomic_fetch_xor(&results[seed % RESULTS], seed, __ATOMIC_SEQ_CST);
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((uint64_t)high << 32 | low) + copied[0][7] + copied[1][9];
}

/* The number behind "rounds=" in @s. */
static size_t rounds_of(const char *s)
{
	static const char key[] = "rounds=";
	size_t i, rounds = 0;

	for (; s && *s; s++) {
		for (i = 0; key[i] && s[i] == key[i]; i++)
			;
		if (key[i])
			continue;
		for (s += i; *s >= '0' && *s <= '9'; s++)
			rounds = rounds * 10 + (size_t)(*s - '0');
		return rounds;
	}
	return ROUNDS_DEFAULT;
}

static void power_off(void)
{
	/* SLP_EN and S5 in ACPI's PM1a_CNT of QEMU's pc. */
	__asm__ volatile("cli\n\toutw %0, %1"
			 :
			 : "a"((uint16_t)0x2000), "Nd"((uint16_t)0x604));
	for (;;)
		__asm__ volatile("hlt");
}

__attribute__((used, noreturn)) static void start(uint32_t info_address)
{
	const struct multiboot_info *info = (void *)(size_t)info_address;
	size_t rounds = rounds_of(
		info->flags & 4 ? (const char *)(size_t)info->cmdline : NULL);
	size_t i, seed = (size_t)88172645463325252u;
	uint64_t integers = 0, floats = 0, other = 0;

	print(sizeof(size_t) == 8 ? "self-test: 64 bits\n" :
				    "self-test: 32 bits\n");
	start_timer();
	for (i = 0; i < rounds; i++) {
		next_random(&seed);
		integers = integers * 31 + run_integers(seed);
		if (i % 8 == 0)
			floats = floats * 31 + run_floats(seed);
		if (i % 64 == 0)
			other = other * 31 + run_memory(seed);
	}
	print("self-test: integers ");
	print_hex(integers);
	print(" floats ");
	print_hex(floats);
	print("\nself-test: interrupted ");
	print_hex(ticks);
	print(" flags ");
	print_hex(interrupted_flags);
	print(" clock ");
	print_hex(other);
	print("\nself-test: done\n");
	power_off();
	__builtin_unreachable();
}

/* Enter: EBX has the address of struct multiboot_info. */
__asm__(".data\n"
	".balign 8\n"
	"gdt:	.quad 0\n"
#ifdef __x86_64__
	"	.quad 0x00af9b000000ffff\n" /* code, 64 bits */
#else
	"	.quad 0x00cf9b000000ffff\n" /* code, 32 bits */
#endif
	"	.quad 0x00cf93000000ffff\n" /* data */
	"gdtr:	.word . - gdt - 1\n"
	"	.long gdt\n"
	".bss\n"
	".balign 4096\n"
	"pml4:	.skip 4096\n"
	"pdpt:	.skip 4096\n"
	"pd:	.skip 4096\n"
	"stack:	.skip 16384\n"
	"stack_top:\n"
	".text\n"
	".code32\n"
	".globl _start\n"
	"_start:\n"
	"	cli\n"
	"	mov %ebx, %edi\n"
	"	mov %cr4, %eax\n"
	"	or $0x620, %eax\n" /* OSXMMEXCPT, OSFXSR, PAE */
#ifdef __x86_64__
	"	mov %eax, %cr4\n"
	"	movl $pdpt + 3, pml4\n"
	"	movl $pd + 3, pdpt\n"
	"	xor %ecx, %ecx\n"
	"	mov $0x83, %eax\n" /* pages of 2 MiB, one to one */
	"1:	mov %eax, pd(, %ecx, 8)\n"
	"	add $0x200000, %eax\n"
	"	inc %ecx\n"
	"	cmp $512, %ecx\n"
	"	jb 1b\n"
	"	mov $pml4, %eax\n"
	"	mov %eax, %cr3\n"
	"	mov $0xc0000080, %ecx\n" /* EFER */
	"	rdmsr\n"
	"	or $0x100, %eax\n" /* LME */
	"	wrmsr\n"
	"	mov %cr0, %eax\n"
	"	and $~0xc, %eax\n" /* EM, TS */
	"	or $0x80000003, %eax\n" /* PG, MP, PE */
#else
	"	and $~0x20, %eax\n"
	"	mov %eax, %cr4\n"
	"	mov %cr0, %eax\n"
	"	and $~0xc, %eax\n"
	"	or $3, %eax\n"
#endif
	"	mov %eax, %cr0\n"
	"	lgdt gdtr\n"
	"	ljmp $8, $2f\n"
#ifdef __x86_64__
	".code64\n"
#endif
	"2:	mov $16, %eax\n"
	"	mov %eax, %ds\n"
	"	mov %eax, %es\n"
	"	mov %eax, %ss\n"
	"	fninit\n"
	"	mov $stack_top, %esp\n"
#ifndef __x86_64__
	"	push %edi\n"
#endif
	"	call start\n");
