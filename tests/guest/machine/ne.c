// SPDX-License-Identifier: GPL-2.0
/*
 * x87 exceptions that the guest has unmasked, with CR0.NE clear as DOS has it and set:
 * which instruction behind the division by zero raises #MF?  KVM on Intel runs all
 * guests with NE set, on AMD with what the guest has.
 */
#include "bare.h"

#define VECTOR_MF 16
#define CR0_NE 0x20u
#define UNMASKED_ZE \
	0x37b /* x87's control word: all masked but division by zero */

static volatile uint32_t raised;
__attribute__((used)) static volatile uint32_t resume_at;

__attribute__((interrupt)) static void x87_error(struct frame *frame)
{
	raised++;
	frame->ip = resume_at;
}

/* The exception is pending behind FDIVP. */
#define TRY(name, waiting)                                     \
	do {                                                   \
		raised = 0;                                    \
		__asm__ volatile("movl $1f, resume_at\n\t"     \
				 "fninit\n\t"                  \
				 "fldcw %0\n\t"                \
				 "fld1\n\t"                    \
				 "fldz\n\t"                    \
				 "fdivrp\n\t" waiting "\n"     \
				 "1:	fnclex"                   \
				 :                             \
				 : "m"(control)                \
				 : "eax", "memory");           \
		print(raised ? name " MF\n" : name " none\n"); \
	} while (0)

static void write_ne(uint32_t ne)
{
	uint32_t cr0;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	cr0 = (cr0 & ~(CR0_NE | 0xeu)) | ne; /* MP, EM and TS: clear */
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0));
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	print(cr0 & CR0_NE ? "ne: set\n" : "ne: clear\n");
}

static void scenario(void)
{
	static const uint16_t control = UNMASKED_ZE;

	set_gate(VECTOR_MF, x87_error);
	write_ne(CR0_NE);
	TRY("ne: set, fwait", "fwait");
	TRY("ne: set, fld1", "fld1");
	write_ne(0);
	TRY("ne: clear, fwait", "fwait");
	TRY("ne: clear, fld1", "fld1");
	TRY("ne: clear, fnstsw", "fnstsw %%ax");
	print("ne: done\n");
}
