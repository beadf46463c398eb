// SPDX-License-Identifier: GPL-2.0
/*
 * SYSENTER and SYSCALL in compatibility mode: processors of AMD lack the first, those
 * of Intel the second.  What a guest gets of them follows from the processor and from
 * CPUID's vendor, for which KVM emulates.
 */
#include "bare.h"

#define CODE32 0x08u
#define CODE64 0x18u
#define EFER 0xc0000080u
#define EFER_SCE_LME 0x101u
#define STAR 0xc0000081u
#define CSTAR 0xc0000083u
#define SYSENTER_CS 0x174u
#define SYSENTER_ESP 0x175u
#define SYSENTER_EIP 0x176u
#define VECTOR_UD 6
#define BIG_PAGE 0x200000u

static const uint64_t gdt[] = {
	0,
	0x00cf9b000000ffff, /* 08: 32-bit code */
	0x00cf93000000ffff, /* 10: data */
	0x00af9b000000ffff, /* 18: 64-bit code */
	0x00cf93000000ffff, /* 20: data */
};
static uint64_t level4[512] __attribute__((aligned(4096)));
static uint64_t level3[512] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t idt64[2 * (VECTOR_UD + 1)] __attribute__((aligned(16)));
/* 0: #UD; 1: SYSENTER or SYSCALL was executed; 2: neither yet */
__attribute__((used)) static volatile uint32_t entered;

/*
 * 64-bit code.  It goes back to 32-bit code at "back", with the stack of before, which
 * SYSENTER has lost.
 */
__attribute__((used)) static uint32_t kept_esp;
extern char on_ud[], on_entry[];
__asm__("	.code64\n"
	"on_ud:	mov $0, %ecx\n"
	"	jmp 1f\n"
	"on_entry:\n"
	"	mov $1, %ecx\n"
	"1:	mov $entered, %eax\n"
	"	mov %ecx, (%rax)\n"
	"	mov $kept_esp, %eax\n"
	"	mov (%rax), %esp\n"
	"	pushq $8\n"
	"	mov $back, %eax\n"
	"	push %rax\n"
	"	lretq\n"
	"	.code32\n"
	"back:	popal\n"
	"	ret\n"
	"try_sysenter:\n"
	"	pushal\n"
	"	mov %esp, kept_esp\n"
	"	sysenter\n"
	"try_syscall:\n"
	"	pushal\n"
	"	mov %esp, kept_esp\n"
	"	syscall\n");
void try_sysenter(void);
void try_syscall(void);

static void write_msr(uint32_t number, uint32_t low, uint32_t high)
{
	__asm__ volatile("wrmsr" : : "c"(number), "a"(low), "d"(high));
}

static void load_tables(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) gdtr = { sizeof(gdt) - 1, (uint32_t)gdt },
				  idtr = { sizeof(idt64) - 1, (uint32_t)idt64 };
	uint32_t at = (uint32_t)on_ud;

	idt64[2 * VECTOR_UD] = (at & 0xffff) | CODE64 << 16 |
			       (uint64_t)((at & 0xffff0000) | 0x8e00) << 32;
	__asm__ volatile("lgdt %0\n\t"
			 "lidt %1\n\t"
			 "ljmp %2, $1f\n"
			 "1:	mov %3, %%eax\n\t"
			 "mov %%eax, %%ds\n\t"
			 "mov %%eax, %%es\n\t"
			 "mov %%eax, %%ss"
			 :
			 : "m"(gdtr), "m"(idtr), "i"(CODE32), "i"(0x10)
			 : "eax", "memory");
}

/* The code segment stays one of 32 bits: that is compatibility mode. */
static void enter_long_mode(void)
{
	uint32_t i;

	for (i = 0; i < 512; i++)
		level2[i] = (uint64_t)i * BIG_PAGE | 0x83;
	level3[0] = (uint32_t)level2 | 3;
	level4[0] = (uint32_t)level3 | 3;
	__asm__ volatile(
		"mov %%cr4, %%eax; or $0x20, %%eax; mov %%eax, %%cr4\n\t"
		"mov %0, %%cr3"
		:
		: "r"(level4)
		: "eax", "memory");
	write_msr(EFER, EFER_SCE_LME, 0);
	__asm__ volatile(
		"mov %%cr0, %%eax; or $0x80000000, %%eax; mov %%eax, %%cr0"
		:
		:
		: "eax", "memory");
}

static void scenario(void)
{
	load_tables();
	enter_long_mode();
	write_msr(SYSENTER_CS, CODE64, 0);
	write_msr(SYSENTER_ESP, (uint32_t)stack, 0);
	write_msr(SYSENTER_EIP, (uint32_t)on_entry, 0);
	write_msr(STAR, 0, CODE64);
	write_msr(CSTAR, (uint32_t)on_entry, 0);
	entered = 2;
	try_sysenter();
	print_value("vendor: SYSENTER", entered);
	entered = 2;
	try_syscall();
	print_value("vendor: SYSCALL", entered);
}
