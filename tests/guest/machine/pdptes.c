// SPDX-License-Identifier: GPL-2.0
/*
 * The page-directory pointers of PAE, changed in memory: when does the processor take
 * the new one?  Intel's have them in registers (SDM volume 3, 4.4.1), AMD's read memory
 * while paging is nested (APM volume 2, 15.25.10).  And a reserved bit in one of them.
 */
#include "traps.h"

#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)
#define PRESENT 1u
#define LARGE 0x83u /* present, writable, 2 MiB */
#define RESERVED 6u
#define GIB (1u << 30)
#define MARK_OLD (4u << 20)
#define MARK_NEW (6u << 20)

static uint64_t pointers[4] __attribute__((aligned(32)));
static uint64_t low[512] __attribute__((aligned(4096)));
static uint64_t old[512] __attribute__((aligned(4096)));
static uint64_t new[512] __attribute__((aligned(4096)));

static uint32_t read_cr4(void)
{
	uint32_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static void load_cr3(void)
{
	__asm__ volatile("movl $1f, resume_at\n\tmov %0, %%cr3\n1:"
			 :
			 : "r"(pointers)
			 : "memory");
}

static void write_cr4(uint32_t value)
{
	__asm__ volatile("movl $1f, resume_at\n\tmov %0, %%cr4\n1:"
			 :
			 : "r"(value)
			 : "memory");
}

/* What is mapped at 1 GiB, once the TLB has forgotten it. */
static void look(const char *text)
{
	volatile uint32_t *p = (volatile uint32_t *)GIB;

	__asm__ volatile("invlpg %0" : : "m"(*p));
	print(text);
	print(*p == 1 ? " old\n" : " new\n");
}

static void start_pae(void)
{
	uint32_t i, cr0;

	for (i = 0; i < 512; i++)
		low[i] = (uint64_t)i << 21 | LARGE;
	old[0] = MARK_OLD | LARGE;
	new[0] = MARK_NEW | LARGE;
	*(volatile uint32_t *)MARK_OLD = 1;
	*(volatile uint32_t *)MARK_NEW = 2;
	pointers[0] = (uint32_t)low | PRESENT;
	pointers[1] = (uint32_t)old | PRESENT;
	write_cr4((read_cr4() & ~CR4_PGE) | CR4_PAE);
	load_cr3();
	__asm__ volatile("mov %%cr0, %0\n\tor %1, %0\n\tmov %0, %%cr0"
			 : "=&r"(cr0)
			 : "i"(CR0_PG)
			 : "memory");
}

static void scenario(void)
{
	catch_traps();
	start_pae();
	look("pdptes: first");
	pointers[1] = (uint32_t) new | PRESENT;
	look("pdptes: changed");
	write_cr4(read_cr4() | CR4_PGE);
	look("pdptes: CR4.PGE set");
	pointers[1] = (uint32_t)old | PRESENT;
	load_cr3();
	look("pdptes: CR3 loaded");
	pointers[2] = RESERVED | PRESENT;
	load_cr3();
	print_raised("pdptes: reserved bit, CR3");
	write_cr4(read_cr4() & ~CR4_PGE);
	print_raised("pdptes: reserved bit, CR4.PGE");
	print(read_cr4() & CR4_PGE ? "pdptes: CR4 is the old one\n" :
				     "pdptes: CR4 is the new one\n");
	pointers[2] = RESERVED;
	load_cr3();
	print_raised("pdptes: not present");
	print("pdptes: done\n");
}
