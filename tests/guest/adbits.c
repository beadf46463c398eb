// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot).  It clears the accessed and
 * dirty bits of a page without a TLB flush, touches the page, and reads the
 * bits.  They depend on what is left in the TLB: no architecture promises that,
 * and hardware and TCG differ in it.  With "flush" on its command line the guest
 * flushes, as the manuals demand, and reads the same bits everywhere; with "late"
 * it flushes the page, with "reload" all, but only after it has read the bits.
 */
#include "multiboot.h"

#define ROUNDS 4000
#define PAGE 4096
#define ACCESSED 0x20
#define DIRTY 0x40

static uint32_t directory[1024] __attribute__((aligned(PAGE)));
static uint32_t table[1024] __attribute__((aligned(PAGE)));
static volatile uint32_t page[16][PAGE / 4] __attribute__((aligned(PAGE)));
__attribute__((used)) static uint8_t stack[8192];

static int has_word(const char *s, const char *word)
{
	const char *a, *b;

	for (; s && *s; s++) {
		for (a = s, b = word; *b && *a == *b; a++, b++)
			;
		if (!*b)
			return 1;
	}
	return 0;
}

static void enable_paging(void)
{
	uint32_t i;

	/* 4 MiB in small pages, mapped one to one.  The program is at 1 MiB. */
	for (i = 0; i < 1024; i++)
		table[i] = i * PAGE | 3;
	directory[0] = (uint32_t)table | 3;
	__asm__ volatile("mov %0, %%cr3\n\t"
			 "mov %%cr0, %%eax\n\t"
			 "or $0x80000000, %%eax\n\t"
			 "mov %%eax, %%cr0"
			 :
			 : "r"(directory)
			 : "eax", "memory");
}

static void flush_page(volatile uint32_t *p)
{
	__asm__ volatile("invlpg %0" : : "m"(*p));
}

static void flush_all(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(directory) : "memory");
}

__attribute__((used)) static void start(uint32_t magic,
					struct multiboot_info *info)
{
	const char *words = magic == 0x2badb002 && info->flags & 4 ?
				    (const char *)info->command_line :
				    "";
	int flush = has_word(words, "flush"), late = has_word(words, "late");
	int reload = has_word(words, "reload");
	uint32_t i, accessed = 0, dirty = 0, digest = 1;

	enable_paging();
	print(flush ? "adbits: with flush\n" : "adbits: without flush\n");
	for (i = 0; i < ROUNDS; i++) {
		volatile uint32_t *p = page[i & 15];
		volatile uint32_t *pte = &table[(uint32_t)p / PAGE];

		if (late || reload)
			*p = i; /* the TLB has it */
		*pte &= ~(ACCESSED | DIRTY);
		if (flush)
			flush_page(p);
		if (i % 37 == 0)
			outb(0x80, i); /* makes an exit */
		if (i & 1)
			*p = i;
		else
			digest += *p;
		accessed += !!(*pte & ACCESSED);
		dirty += !!(*pte & DIRTY);
		digest = digest * 69069 + *pte;
		if (late)
			flush_page(p);
		if (reload)
			flush_all();
	}
	print_hex("adbits: accessed ", accessed);
	print_hex(" dirty ", dirty);
	print_hex(" digest ", digest);
	print("\n");
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
	"	push %ebx\n"
	"	push %eax\n"
	"	call start\n");
