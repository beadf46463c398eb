// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions whose operand is a device's register (pc-testdev): KVM emulates them.
 * How often they read and write it, in which order and with what sizes, is in the log.
 */
#include "bare.h"

#define DEVICE 0xff000000u
#define FLAGS 0xc1 /* CF, ZF, SF */
#define CR4_OSFXSR 0x200

/* What the instructions get: EAX to EDX, and EDI at the device. */
#define A 0x80000001u
#define B 0x55667788u
#define C 5u
#define D 2u
#define LINE_BYTES 32

static const uint32_t words[LINE_BYTES / 4] = { A, D, 0xfffffffe, 0x12345678,
						9, 8, 7,	  6 };
__attribute__((used)) static uint32_t flags, a, d, target[2];

static volatile uint32_t *device(void)
{
	return (volatile uint32_t *)DEVICE;
}

static void report(const char *instruction)
{
	uint32_t i;

	print("mmio: ");
	for (; *instruction; instruction++)
		if (*instruction != '%')
			outb(COM1, (uint8_t)*instruction);
	print(":");
	for (i = 0; i < LINE_BYTES / 4; i++) {
		print(" ");
		print_number(device()[i]);
	}
	print(", ");
	print_number(a);
	print(" ");
	print_number(d);
	print_value(", flags", flags & FLAGS);
}

static void prepare(void)
{
	uint32_t i;

	for (i = 0; i < LINE_BYTES / 4; i++)
		device()[i] = words[i];
	a = A;
	d = D;
}

/* ESI is 8 bytes behind EDI. */
#define RUN(instruction)                                            \
	do {                                                        \
		prepare();                                          \
		__asm__ volatile("stc\n\t" instruction "\n\t"       \
				 "pushf\n\t"                        \
				 "popl flags"                       \
				 : "+a"(a), "+d"(d)                 \
				 : "b"(B), "c"(C), "S"(DEVICE + 8), \
				   "D"(DEVICE)                      \
				 : "memory", "cc");                 \
		report(instruction);                                \
	} while (0)

static void locked(void)
{
	RUN("lock negl (%%edi)");
	RUN("lock negb (%%edi)");
	RUN("lock negw 3(%%edi)");
	RUN("lock notl (%%edi)");
	RUN("lock incl (%%edi)");
	RUN("lock sbbl %%ecx, (%%edi)");
	RUN("lock xaddl %%eax, (%%edi)");
	RUN("lock cmpxchgl %%ecx, (%%edi)");
	RUN("lock cmpxchgl %%ecx, (%%esi)");
	RUN("lock cmpxchg8b (%%edi)");
	RUN("lock cmpxchg8b (%%esi)");
	RUN("lock btsl $5, (%%edi)");
	RUN("lock btrl %%eax, 8(%%edi)");
	RUN("xchgl %%eax, (%%edi)");
}

static void not_locked(void)
{
	RUN("negl (%%edi)");
	RUN("adcw %%cx, 7(%%edi)");
	RUN("xaddl %%eax, (%%edi)");
	RUN("cmpxchgl %%ecx, (%%edi)");
	RUN("cmpxchgl %%ecx, (%%esi)");
	RUN("cmpxchgb %%cl, (%%esi)");
	RUN("cmpxchg8b (%%edi)");
	RUN("cmpxchg8b (%%esi)");
	RUN("mov $70, %%eax; btsl %%eax, (%%edi)");
	RUN("btl %%ecx, (%%edi)");
	RUN("shll $0, (%%edi)");
	RUN("movb $0, %%cl; sarl %%cl, (%%edi); movb $5, %%cl");
	RUN("rcll $1, (%%edi)");
	RUN("shldl $4, %%eax, (%%edi)");
	RUN("cmpl %%eax, (%%edi)");
	RUN("setz (%%edi)");
}

static void loads_and_stores(void)
{
	RUN("movl 6(%%edi), %%eax");
	RUN("movzwl 7(%%edi), %%eax");
	RUN("cmovzl (%%edi), %%eax");
	RUN("imull (%%edi), %%eax");
	RUN("mull (%%edi)");
	RUN("divl (%%edi)");
	RUN("bsfl (%%edi), %%eax");
	RUN("xchg %%ebx, %%edi; mov $12, %%al; xlat; xchg %%ebx, %%edi");
	RUN("pushl (%%edi); popl 16(%%edi)");
	RUN("pushw 3(%%edi); popw 16(%%edi)");
	RUN("movw %%ds, (%%edi)");
	RUN("sldt (%%edi)");
	RUN("smsw (%%edi)");
	RUN("fninit; fnstcw (%%edi)");
	RUN("fnstsw (%%edi)");
	RUN("movnti %%eax, (%%edi)");
	RUN("push %%fs; lfs 16(%%edi), %%eax; pop %%fs");
}

static void strings(void)
{
	RUN("push %%edi; movsl; pop %%edi; sub $4, %%esi");
	RUN("lodsl; sub $4, %%esi");
	RUN("stosl; sub $4, %%edi");
	RUN("scasl; lea -4(%%edi), %%edi");
	RUN("cmpsl; lea -4(%%edi), %%edi; lea -4(%%esi), %%esi");
	RUN("push %%edi; push %%esi; rep movsl; pop %%esi; pop %%edi; "
	    "mov $5, %%ecx");
	RUN("mov $0x21, %%edx; insb; dec %%edi");
	RUN("mov $0x21, %%edx; push %%edi; rep insb; pop %%edi; mov $5, %%ecx");
}

static void wide(void)
{
	RUN("movups (%%edi), %%xmm0; movups %%xmm0, 16(%%edi)");
	RUN("movdqa 16(%%edi), %%xmm0; movdqa %%xmm0, (%%edi)");
	RUN("movdqu 3(%%edi), %%xmm0; movdqu %%xmm0, 13(%%edi)");
	RUN("movntps %%xmm0, (%%edi)");
	RUN("movntdq %%xmm0, (%%edi)");
	RUN("movq (%%edi), %%mm0; movq %%mm0, 21(%%edi); emms");
}

static void jumps(void)
{
	prepare();
	target[0] = 0;
	__asm__ volatile("movl $1f, (%0)\n\t"
			 "jmp *(%0)\n\t"
			 "hlt\n"
			 "1:	movl $2f, (%0)\n\t"
			 "mov %%cs, 4(%0)\n\t"
			 "ljmp *(%0)\n\t"
			 "hlt\n"
			 "2:	movl $3f, (%0)\n\t"
			 "call *(%0)\n\t"
			 "hlt\n"
			 "3:	pop %1"
			 :
			 : "r"(DEVICE), "m"(target[0])
			 : "memory");
	print_value("mmio: jumped", target[0] != 0);
}

static void scenario(void)
{
	__asm__ volatile("mov %%cr4, %%eax; or %0, %%eax; mov %%eax, %%cr4"
			 :
			 : "i"(CR4_OSFXSR)
			 : "eax");
	locked();
	not_locked();
	loads_and_stores();
	strings();
	wide();
	jumps();
	print("mmio: done\n");
}
