// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot).  It says what the processor does
 * that user space does not see: the accessed bits of segment descriptors (SDM
 * volume 3, 3.4.5.1), the busy bits of task-state segments (8.2.2), and RF in the
 * images of EFLAGS that an interrupt and a fault push (18.3.1.1).
 */
#include "multiboot.h"

#define DESCRIPTORS 22
#define ACCESSED 0x01
#define BUSY 0x02
#define TIMER 0x38 /* IRQ 0 */
#define VECTORS 0x42
#define RF 0x10000
#define SELECTOR(n) ((n)*8)

/* What loads a descriptor; the number is its place in the GDT. */
enum {
	NULL_SELECTOR,
	CODE, /* the first far jump */
	DATA, /* MOV to DS, ES, SS */
	CODE_JUMP,
	CODE_CALL,
	CODE_RET,
	CODE_IRET,
	CODE_INTERRUPT,
	CODE_GATE, /* a call gate */
	CALL_GATE,
	CODE_USER, /* IRET to privilege level 3 */
	STACK_USER,
	CODE_INNER, /* an interrupt from there */
	STACK_INNER, /* from the TSS */
	TSS_FIRST,
	TSS_SECOND,
	CODE_TASK, /* a task switch */
	STACK_TASK,
	DATA_TASK,
	UNUSED,
	LIMIT, /* 0xffff */
	LIMIT_DOWN, /* expands down: from 0x1000 to 0xffff */
};

struct tss {
	uint32_t link, esp0, ss0, unused[4], cr3, eip, eflags, eax, ecx, edx,
		ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs, ldt, iomap;
};

struct table_register {
	uint16_t limit;
	uint32_t base;
} __attribute__((packed));

static volatile uint64_t gdt[DESCRIPTORS] __attribute__((aligned(8)));
static uint64_t idt[VECTORS] __attribute__((aligned(8)));
__attribute__((used)) static struct tss tss_first, tss_second;
__attribute__((used)) static uint8_t stack[8192], stack_inner[4096],
	stack_user[4096];
__attribute__((used)) static uint32_t saved_esp, resume, eflags_of_fault;
__attribute__((used)) static volatile uint32_t eflags_of_timer;

/* An access byte and flags as the manual has them: base 0, limit 4 GiB, 32-bit. */
static uint64_t flat(uint8_t access)
{
	return 0x00cf00000000ffffull | (uint64_t)access << 40;
}

static uint64_t system_segment(uint32_t base, uint32_t limit, uint8_t access)
{
	return limit | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)access << 40 | (uint64_t)(base >> 24) << 56;
}

static uint64_t gate(uint32_t offset, uint16_t selector, uint8_t access)
{
	return (offset & 0xffff) | (uint64_t)selector << 16 |
	       (uint64_t)access << 40 | (uint64_t)(offset >> 16) << 48;
}

extern const char far_return[], interrupt_return[], from_user[],
	general_protection[], timer[];

static void make_tables(void)
{
	struct table_register gdtr = { sizeof(gdt) - 1, (uint32_t)gdt };
	struct table_register idtr = { sizeof(idt) - 1, (uint32_t)idt };
	unsigned int i;

	for (i = CODE; i < DESCRIPTORS; i++)
		gdt[i] = flat(0x9a);
	gdt[DATA] = gdt[STACK_INNER] = gdt[STACK_TASK] = gdt[DATA_TASK] =
		flat(0x92);
	gdt[CODE_USER] = flat(0xfa);
	gdt[STACK_USER] = flat(0xf2);
	gdt[CALL_GATE] = gate((uint32_t)far_return, SELECTOR(CODE_GATE), 0x8c);
	gdt[TSS_FIRST] = system_segment((uint32_t)&tss_first,
					sizeof(tss_first) - 1, 0x89);
	gdt[TSS_SECOND] = system_segment((uint32_t)&tss_second,
					 sizeof(tss_second) - 1, 0x89);
	idt[0x40] = gate((uint32_t)interrupt_return, SELECTOR(CODE_INTERRUPT),
			 0x8e);
	idt[0x41] = gate((uint32_t)from_user, SELECTOR(CODE_INNER), 0xee);
	gdt[LIMIT] = system_segment(0, 0xffff, 0x93);
	gdt[LIMIT_DOWN] = system_segment(0, 0xfff, 0x97);
	idt[13] = gate((uint32_t)general_protection, SELECTOR(CODE), 0x8e);
	tss_first.ss0 = SELECTOR(STACK_INNER);
	tss_first.esp0 = (uint32_t)(stack_inner + sizeof(stack_inner));
	tss_second.eflags = 2;
	tss_second.cs = SELECTOR(CODE_TASK);
	tss_second.ss = SELECTOR(STACK_TASK);
	tss_second.ds = tss_second.es = SELECTOR(DATA_TASK);
	__asm__ volatile("lgdt %0; lidt %1" : : "m"(gdtr), "m"(idtr));
}

#define LOAD_DATA                                 \
	"mov %[data], %%eax; mov %%eax, %%ds\n\t" \
	"mov %%eax, %%es; mov %%eax, %%ss\n\t"

static void load_segments(void)
{
	__asm__ volatile(
		LOAD_DATA "ljmp %[code], $1f\n"
			  "1:\tljmp %[jump], $1f\n"
			  "1:\tlcall %[call], $far_return\n\t"
			  "lcall %[gate], $0\n\t"
			  "push %[ret]; push $1f; lret\n"
			  "1:\tpushf; push %[iret]; push $1f; iret\n"
			  "1:\tint $0x40"
		:
		: [data] "i"(SELECTOR(DATA)), [code] "i"(SELECTOR(CODE)),
		  [jump] "i"(SELECTOR(CODE_JUMP)),
		  [call] "i"(SELECTOR(CODE_CALL)),
		  [gate] "i"(SELECTOR(CALL_GATE)),
		  [ret] "i"(SELECTOR(CODE_RET)), [iret] "i"(SELECTOR(CODE_IRET))
		: "eax", "memory");
}

static void visit_user(void)
{
	__asm__ volatile(
		"ltr %w[tss]\n\t"
		"mov %%esp, saved_esp\n\t"
		"push %[ss]; push $stack_user + 4096\n\t"
		"pushf; push %[cs]; push $1f; iret\n"
		"1:\tint $0x41\n"
		"from_user:\n\t" LOAD_DATA "mov saved_esp, %%esp"
		:
		: [tss] "r"(SELECTOR(TSS_FIRST)), [data] "i"(SELECTOR(DATA)),
		  [ss] "i"(SELECTOR(STACK_USER) | 3),
		  [cs] "i"(SELECTOR(CODE_USER) | 3)
		: "eax", "memory");
}

static void switch_task(void)
{
	/* The numbers are the places of EIP, ESP and EBP in a TSS. */
	__asm__ volatile("movl $1f, tss_second + 32\n\t"
			 "mov %%esp, tss_second + 56\n\t"
			 "mov %%ebp, tss_second + 60\n\t"
			 "ljmp %0, $0\n"
			 "1:"
			 :
			 : "i"(SELECTOR(TSS_SECOND))
			 : "eax", "ebx", "ecx", "edx", "esi", "edi", "memory");
}

/* 13 if a word at @offset + 2 (16 bits) is beyond the limit, else 0. */
static uint32_t load_16(unsigned int segment, uint16_t offset)
{
	uint32_t trap = 0;

	__asm__ volatile(
		"movl $1f, resume\n\t"
		"mov %[selector], %%es\n\t"
		"addr16 mov %%es:2(%%bx), %%dx\n"
		"1:\tmov %[data], %%edx; mov %%edx, %%es"
		: "+a"(trap)
		: [selector] "r"(SELECTOR(segment)), [data] "i"(SELECTOR(DATA)),
		  "b"(offset - 2)
		: "edx", "memory");
	return trap;
}

static void print_limits(void)
{
	static const struct {
		unsigned int segment;
		uint16_t offset;
	} loads[] = {
		{ LIMIT, 0xfffe },	{ LIMIT, 0xffff },
		{ LIMIT, 1 },		{ LIMIT_DOWN, 0xfff },
		{ LIMIT_DOWN, 0x1000 }, { LIMIT_DOWN, 0xfffe },
		{ LIMIT_DOWN, 0xffff },
	};
	unsigned int i;

	print("limits: 16-bit addresses");
	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		print(load_16(loads[i].segment, loads[i].offset) ? " 13" :
								   " 0");
	print("\n");
}

/* The timer runs since the firmware. */
static void wait_for_timer(void)
{
	static const uint8_t commands[] = { TIMER, 1 << 2, 1 };
	unsigned int i;

	idt[TIMER] = gate((uint32_t)timer, SELECTOR(CODE), 0x8e);
	outb(0x20, 0x11);
	for (i = 0; i < sizeof(commands); i++)
		outb(0x21, commands[i]);
	outb(0x21, 0xfe);
	__asm__ volatile("sti");
	while (!eflags_of_timer)
		;
	__asm__ volatile("cli");
}

static void print_rf(void)
{
	wait_for_timer();
	print(eflags_of_timer & RF ? "rf: interrupt 1" : "rf: interrupt 0");
	print(eflags_of_fault & RF ? " fault 1\n" : " fault 0\n");
}

static void print_bits(const char *name, unsigned int first, unsigned int last,
		       uint8_t mask)
{
	unsigned int i;

	print(name);
	for (i = first; i <= last; i++)
		print((uint8_t)(gdt[i] >> 40) & mask ? " 1" : " 0");
	print("\n");
}

__attribute__((used)) static void start(void)
{
	make_tables();
	load_segments();
	print_bits("accessed: jump, data, far transfers", CODE, CODE_GATE,
		   ACCESSED);
	print_limits();
	print_rf();
	visit_user();
	print_bits("accessed: user, inner", CODE_USER, STACK_INNER, ACCESSED);
	print_bits("busy", TSS_FIRST, TSS_SECOND, BUSY);
	switch_task();
	print_bits("accessed: task, unused", CODE_TASK, UNUSED, ACCESSED);
	print_bits("busy", TSS_FIRST, TSS_SECOND, BUSY);
	/* Power off: SLP_EN and S5 in ACPI's PM1a_CNT of QEMU's pc. */
	__asm__ volatile("outw %0, %1"
			 :
			 : "a"((uint16_t)0x2000), "Nd"((uint16_t)0x604));
	for (;;)
		__asm__ volatile("cli; hlt");
}

__asm__(".globl _start\n"
	"_start:\n"
	"	mov $stack + 8192, %esp\n"
	"	call start\n"
	"far_return:\n"
	"	lret\n"
	"timer:\n"
	"	push %eax\n"
	"	mov 12(%esp), %eax\n"
	"	mov %eax, eflags_of_timer\n"
	"	mov $0x20, %al\n"
	"	out %al, $0x20\n"
	"	pop %eax\n"
	"	iret\n"
	"general_protection:\n"
	"	mov 12(%esp), %edx\n"
	"	mov %edx, eflags_of_fault\n"
	"	mov resume, %edx\n"
	"	add $4, %esp\n"
	"	mov %edx, (%esp)\n"
	"	mov $13, %eax\n"
	"interrupt_return:\n"
	"	iret\n");
