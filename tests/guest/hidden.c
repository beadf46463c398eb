// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot) that executes instructions which
 * CPUID hides: it prints for each which exception it raised, or "none"; and others
 * that read TSC_AUX.
 */
#include <stdint.h>

#define COM1 0x3f8
#define COM2 0x2f8
#define DEBUG_PORT 0xe9

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {
	0x1badb002,
	0,
	-0x1badb002u,
};

struct gate {
	uint16_t offset_low, selector, attributes, offset_high;
};

static struct gate idt[32];
static volatile uint32_t raised; /* the vector + 1 */
__attribute__((used)) static uint8_t stack[8192];
__attribute__((used)) static volatile uint32_t resume_at;

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void print_on(uint16_t port, const char *s)
{
	while (*s)
		outb(port, (uint8_t)*s++);
}

static void print(const char *s)
{
	print_on(COM1, s);
}

/* Go on behind the instruction that failed. */
struct frame {
	uint32_t ip, cs, flags;
};

__attribute__((interrupt)) static void invalid_opcode(struct frame *frame)
{
	raised = 7;
	frame->ip = resume_at;
}

__attribute__((interrupt)) static void general_protection(struct frame *frame,
							  uint32_t code)
{
	(void)code;
	raised = 14;
	frame->ip = resume_at;
}

static void set_gate(unsigned int vector, uint32_t handler)
{
	uint16_t cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	idt[vector] = (struct gate){ (uint16_t)handler, cs, 0x8e00,
				     (uint16_t)(handler >> 16) };
}

#define TRY(name, bytes, ecx)                                           \
	do {                                                            \
		raised = 0;                                             \
		__asm__ volatile("movl $1f, resume_at\n\t" bytes "\n1:" \
				 :                                      \
				 : "c"(ecx), "a"(0), "d"(0), "b"(0)     \
				 : "memory");                           \
		print("hidden: " name " ");                             \
		print(raised == 7  ? "UD\n" :                           \
		      raised == 14 ? "GP\n" :                           \
				     "none\n");                         \
	} while (0)

static uint32_t cpuid_7_ecx(void)
{
	uint32_t a = 7, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return c;
}

/* What RDTSCP and RDPID read of TSC_AUX, which the guest has written. */
static void try_tsc_aux(void)
{
	uint32_t a, d, aux;

	__asm__ volatile("wrmsr" : : "c"(0xc0000103), "a"(0x5a17), "d"(0));
	__asm__ volatile("rdtscp" : "=a"(a), "=d"(d), "=c"(aux));
	print(aux == 0x5a17 ? "hidden: rdtscp reads TSC_AUX\n" :
			      "hidden: rdtscp reads something else\n");
	if (!(cpuid_7_ecx() & 1u << 22)) {
		print("hidden: no rdpid\n");
		return;
	}
	__asm__ volatile(".byte 0xf3, 0x0f, 0xc7, 0xf8" : "=a"(aux));
	print(aux == 0x5a17 ? "hidden: rdpid reads TSC_AUX\n" :
			      "hidden: rdpid reads something else\n");
}

__attribute__((used)) static void start(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint32_t)idt };

	set_gate(6, (uint32_t)invalid_opcode);
	set_gate(13, (uint32_t)general_protection);
	__asm__ volatile("lidt %0" : : "m"(idtr));
	TRY("monitor", ".byte 0x0f, 0x01, 0xc8", 0);
	TRY("mwait", ".byte 0x0f, 0x01, 0xc9", 0);
	TRY("monitorx", ".byte 0x0f, 0x01, 0xfa", 0);
	TRY("mwaitx", ".byte 0x0f, 0x01, 0xfb", 0);
	TRY("rdpru", ".byte 0x0f, 0x01, 0xfd", 0);
	TRY("vmcall", ".byte 0x0f, 0x01, 0xc1", 0);
	TRY("umonitor", ".byte 0xf3, 0x0f, 0xae, 0xf0", 0);
	TRY("tpause", ".byte 0x66, 0x0f, 0xae, 0xf1", 0);
	TRY("umwait", ".byte 0xf2, 0x0f, 0xae, 0xf1", 0);
	try_tsc_aux();
	/* The machine has neither: a replay shows what was written all the same. */
	print_on(COM2, "also on ttyS1\nand no newline");
	print_on(DEBUG_PORT, "also on a debug port\n");
	print("hidden: done\n");
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
	"	call start\n");
