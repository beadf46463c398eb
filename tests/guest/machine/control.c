// SPDX-License-Identifier: GPL-2.0
/*
 * Control registers with values that are not allowed, XSETBV that is not, CMPS of two
 * operands that are not memory, a page-table entry with a reserved bit, and PAE.
 */
#include "traps.h"

#define CR0_PE 1u
#define CR0_NW (1u << 29)
#define CR0_CD (1u << 30)
#define CR0_PG (1u << 31)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)
#define CR4_PCIDE (1u << 17)
#define CR4_RESERVED (1u << 31)
#define NOWHERE 0xfe000000u /* no device is there */

static uint32_t read_cr0(void)
{
	uint32_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static uint32_t read_cr4(void)
{
	uint32_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static void try_cr0(const char *name, uint32_t value)
{
	__asm__ volatile("movl $1f, resume_at\n\tmov %0, %%cr0\n1:"
			 :
			 : "r"(value)
			 : "memory");
	print_raised(name);
}

static void try_cr4(const char *name, uint32_t value)
{
	__asm__ volatile("movl $1f, resume_at\n\tmov %0, %%cr4\n1:"
			 :
			 : "r"(value)
			 : "memory");
	print_raised(name);
}

static void try_xsetbv(const char *name, uint32_t value)
{
	__asm__ volatile("movl $1f, resume_at\n\txsetbv\n1:"
			 :
			 : "a"(value), "d"(0), "c"(0)
			 : "memory");
	print_raised(name);
}

static void compare_nothing(void)
{
	uint32_t from = NOWHERE, to = NOWHERE + 0x400, left = 3;

	__asm__ volatile("repe cmpsb"
			 : "+S"(from), "+D"(to), "+c"(left)
			 :
			 : "memory", "cc");
	print_value("control: CMPS leaves", left);
}

static uint32_t directory[1024] __attribute__((aligned(4096)));
static volatile uint32_t page_faults; /* the sum of their error codes */

__attribute__((interrupt)) static void page_fault(struct frame *frame,
						  uint32_t code)
{
	page_faults += code;
	frame->ip = resume_at;
}

/* 4 MiB pages, one of them with the reserved bit 21. */
static void touch_reserved(void)
{
	const uint32_t at = 64;
	uint32_t i;

	for (i = 0; i < 1024; i++)
		directory[i] = i << 22 | 0x83; /* present, writable, large */
	directory[at] |= 1u << 21;
	set_gate(14, page_fault);
	__asm__ volatile("mov %0, %%cr4\n\t"
			 "mov %1, %%cr3\n\t"
			 "mov %2, %%cr0\n\t"
			 "movl $1f, resume_at\n\t"
			 "mov (%3), %%eax\n"
			 "1:	mov %4, %%cr0"
			 :
			 : "r"(read_cr4() | CR4_PSE), "r"(directory),
			   "r"(read_cr0() | CR0_PG), "r"(at << 22),
			   "r"(read_cr0())
			 : "eax", "memory");
	print_value("control: reserved bit, error code", page_faults);
}

/*
 * MOV to CR4 loads the four page-directory pointers again: #GP if a reserved bit is set
 * there, as that which is "accessed" in other entries (SDM volume 3, 4.4.1).
 */
static void use_pae(void)
{
	static uint64_t pointers[4] __attribute__((aligned(32)));
	static uint64_t pages[512] __attribute__((aligned(4096)));
	const uint32_t cr0 = read_cr0(), cr4 = read_cr4();
	uint32_t i;

	for (i = 0; i < 512; i++)
		pages[i] = (uint64_t)i << 21 | 0x83;
	for (i = 0; i < 4; i++)
		pointers[i] = (uint32_t)pages | 1;
	__asm__ volatile("mov %0, %%cr4\n\t"
			 "mov %1, %%cr3\n\t"
			 "mov %2, %%cr0"
			 :
			 : "r"((cr4 & ~CR4_PGE) | CR4_PAE), "r"(pointers),
			   "r"(cr0 | CR0_PG)
			 : "memory");
	i = *(volatile uint32_t *)0x40200000;
	try_cr4("control: CR4.PGE with PAE", cr4 | CR4_PAE | CR4_PGE);
	__asm__ volatile("mov %0, %%cr0\n\tmov %1, %%cr4"
			 :
			 : "r"(cr0), "r"(cr4)
			 : "memory");
	print_value("control: page-directory pointer",
		    (uint32_t)pointers[1] & 0xfff);
}

static void scenario(void)
{
	catch_traps();
	try_cr0("control: CR0 without PE", (read_cr0() | CR0_PG) & ~CR0_PE);
	try_cr0("control: CR0.NW alone", (read_cr0() | CR0_NW) & ~CR0_CD);
	try_cr4("control: CR4.PCIDE", read_cr4() | CR4_PCIDE);
	try_cr4("control: CR4's last bit", read_cr4() | CR4_RESERVED);
	try_xsetbv("control: XSETBV", 3);
	compare_nothing();
	touch_reserved();
	use_pae();
}
