// SPDX-License-Identifier: GPL-2.0
/*
 * Single steps and watchpoints on instructions that KVM emulates.  What debug
 * exceptions they raise there is not what a processor raises: the guest counts those at
 * the instruction (between two iterations of a REP) and those behind it.
 */
#include "bare.h"

#define DEVICE 0xff000000u /* of pc-testdev */
#define FW_CFG_SELECT 0x510
#define FW_CFG_DATA 0x511
#define SILENT_PORT 0x80
#define SINGLE_STEP 0x100 /* EFLAGS.TF */
#define WATCH_ACCESS 0x30001u /* DR7: one byte at DR0, read or written */
#define IA32_APIC_BASE 0x1b

__attribute__((used)) static uint32_t first,
	last; /* the instruction, and its end */
__attribute__((used)) static uint8_t memory[32];
static volatile uint32_t between, behind, reasons;

__attribute__((interrupt)) static void debug(struct frame *frame)
{
	uint32_t dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0));
	if (frame->ip == first)
		between++;
	else if (frame->ip == last)
		behind++;
	else
		return;
	reasons |= dr6 & 0x400f;
}

static void report(const char *kind, const char *instruction)
{
	print("debug: ");
	print(kind);
	print(" ");
	for (; *instruction; instruction++)
		if (*instruction != '%')
			outb(COM1, (uint8_t)*instruction);
	print(": between ");
	print_number(between);
	print(", behind ");
	print_number(behind);
	print_value(", DR6", reasons);
	between = behind = reasons = 0;
}

static void watch(const void *at, uint32_t dr7)
{
	__asm__ volatile("mov %0, %%dr0" : : "r"(at));
	__asm__ volatile("mov %0, %%dr7" : : "r"(dr7 | 0x400));
}

/* With EAX, ECX, EDX, ESI and EDI; EBX is zero. */
#define RUN(a, c, d, s, t, before, instruction, after)                     \
	do {                                                               \
		uint32_t ra = (a), rc = (c), rd = (d);                     \
		uint32_t rs = (uint32_t)(s), rt = (uint32_t)(t);           \
		__asm__ volatile("movl $1f, first\n\t"                     \
				 "movl $2f, last\n\t" before               \
				 "\n1:\t" instruction "\n2:\t" after       \
				 : "+a"(ra), "+c"(rc), "+d"(rd), "+S"(rs), \
				   "+D"(rt)                                \
				 : "b"(0)                                  \
				 : "memory", "cc");                        \
	} while (0)

#define STEP(a, c, d, s, t, instruction)                                  \
	do {                                                              \
		RUN(a, c, d, s, t, "pushfl; orl $0x100, (%%esp); popfl",  \
		    instruction, "pushfl; andl $~0x100, (%%esp); popfl"); \
		report("step", instruction);                              \
	} while (0)

#define WATCH(at, a, c, d, s, t, instruction)               \
	do {                                                \
		watch(at, WATCH_ACCESS);                    \
		RUN(a, c, d, s, t, "", instruction, "nop"); \
		watch(at, 0);                               \
		report("watch", instruction);               \
	} while (0)

static void ports(void)
{
	outw(FW_CFG_SELECT, 0);
	STEP(0, 0, FW_CFG_DATA, 0, memory, "insb");
	STEP(0, 4, FW_CFG_DATA, 0, memory, "rep insb");
	STEP(0, 0, FW_CFG_DATA, 0, memory, "rep insb");
	STEP(0, 4, SILENT_PORT, memory, 0, "rep outsb");
	STEP(0, 0, SILENT_PORT, memory, 0, "rep outsb");
	STEP(0, 0, SILENT_PORT, memory, 0, "outsb");
	STEP(0, 0, SILENT_PORT, 0, 0, "outb %%al, %%dx");
	STEP(0, 0, SILENT_PORT, 0, 0, "inb %%dx, %%al");
	WATCH(memory, 0, 0, FW_CFG_DATA, 0, memory, "insb");
	WATCH(memory + 1, 0, 4, FW_CFG_DATA, 0, memory, "rep insb");
	WATCH(memory, 0, 0, SILENT_PORT, memory, 0, "outsb");
	WATCH(memory + 1, 0, 4, SILENT_PORT, memory, 0, "rep outsb");
}

static void device_registers(void)
{
	STEP(5, 0, 0, 0, DEVICE, "movl %%eax, (%%edi)");
	STEP(5, 0, 0, 0, DEVICE, "movl (%%edi), %%eax");
	STEP(5, 0, 0, 0, DEVICE, "orl %%eax, (%%edi)");
	STEP(5, 0, 0, 0, DEVICE, "cmpl %%eax, (%%edi)");
	STEP(0, 0, 0, memory, DEVICE, "movsb");
	STEP(0, 0, 0, DEVICE, memory, "movsb");
	STEP(0, 4, 0, memory, DEVICE, "rep movsb");
	STEP(0, 4, 0, DEVICE, memory, "rep movsb");
	STEP(0, 4, 0, DEVICE, DEVICE + 8, "rep movsb");
	STEP(0, 4, 0, 0, DEVICE, "rep stosb");
	STEP(0, 4, 0, DEVICE, 0, "rep lodsb");
	STEP(1, 4, 0, 0, DEVICE, "repne scasb");
	STEP(0, 4, 0, DEVICE, DEVICE, "repe cmpsb");
	STEP(0, 0, 0, 0, DEVICE, "pushl (%%edi); popl %%eax");
	STEP(0, 4, FW_CFG_DATA, 0, DEVICE, "rep insb");
	STEP(0, 4, SILENT_PORT, DEVICE, 0, "rep outsb");
	WATCH((void *)DEVICE, 5, 0, 0, 0, DEVICE, "movl %%eax, (%%edi)");
	WATCH((void *)DEVICE, 5, 0, 0, 0, DEVICE, "movl (%%edi), %%eax");
	WATCH(memory, 0, 0, 0, memory, DEVICE, "movsb");
	WATCH(memory, 0, 0, 0, DEVICE, memory, "movsb");
	WATCH(memory + 1, 0, 4, 0, memory, DEVICE, "rep movsb");
	WATCH(memory + 1, 0, 4, 0, DEVICE, memory, "rep movsb");
}

/* What a processor leaves KVM with for other reasons. */
static void intercepted(void)
{
	uint32_t cr0, cr4;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	STEP(cr0, 0, 0, 0, 0, "mov %%eax, %%cr0");
	STEP(cr0 ^ 0x40000000, 0, 0, 0, 0, "mov %%eax, %%cr0");
	STEP(cr0, 0, 0, 0, 0, "mov %%eax, %%cr0");
	STEP(0, 0, 0, 0, 0, "mov %%cr0, %%eax");
	STEP(0, 0, 0, 0, 0, "mov %%eax, %%cr2");
	STEP(0, 0, 0, 0, 0, "mov %%cr3, %%eax");
	STEP(0, 0, 0, 0, 0, "mov %%eax, %%cr3");
	STEP(cr4 ^ 0x10, 0, 0, 0, 0, "mov %%eax, %%cr4");
	STEP(cr4, 0, 0, 0, 0, "mov %%eax, %%cr4");
	STEP(cr0, 0, 0, 0, 0, "lmsw %%ax");
	STEP(0, 0, 0, 0, 0, "smsw %%ax");
	STEP(0, 0, 0, 0, 0, "clts");
	STEP(0, 0, 0, 0, 0, "mov %%dr7, %%eax");
	STEP(0x400, 0, 0, 0, 0, "mov %%eax, %%dr7");
	STEP(0, 0, 0, 0, 0, "mov %%eax, %%dr1");
	STEP(0, 0, 0, 0, memory, "invlpg (%%edi)");
	STEP(0, 0, 0, 0, 0, "wbinvd");
	STEP(0, IA32_APIC_BASE, 0, 0, 0, "rdmsr");
	STEP(0, 0, 0, 0, 0, "rdtsc");
}

static void scenario(void)
{
	set_gate(1, debug);
	ports();
	device_registers();
	intercepted();
	print("debug: done\n");
}
