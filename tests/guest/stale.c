// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system (multiboot).  It changes page-table
 * entries without a TLB flush and looks what it gets: pages that became
 * writable, that were unmapped, that moved, and global pages after CR3 was
 * loaded.  What it gets depends on what is left in the TLB.
 */
#include "multiboot.h"

#define ROUNDS 3000
#define PAGE 4096
#define PRESENT 1
#define WRITABLE 2
#define ACCESSED 0x20
#define DIRTY 0x40
#define GLOBAL 0x100
#define RETURNED (WRITABLE | PRESENT | ACCESSED | DIRTY)

struct gate {
	uint16_t low, selector, type, high;
};

static uint32_t directory[1024] __attribute__((aligned(PAGE)));
static uint32_t table[1024] __attribute__((aligned(PAGE)));
static volatile uint32_t page[16][PAGE / 4] __attribute__((aligned(PAGE)));
static struct gate idt[32];
__attribute__((used)) static uint8_t stack[8192];
static volatile uint32_t faults;

static void flush(volatile uint32_t *p)
{
	__asm__ volatile("invlpg %0" : : "m"(*p));
}

static volatile uint32_t *entry_of(volatile uint32_t *p)
{
	return &table[(uint32_t)p / PAGE];
}

/* Called by page_fault: map the page as it was, and go on. */
__attribute__((used)) static void mend(uint32_t address)
{
	faults++;
	table[address / PAGE] = (address & -PAGE) | RETURNED;
	flush((void *)address);
}

void page_fault(void);
__asm__("page_fault:\n"
	"	pusha\n"
	"	mov %cr2, %eax\n"
	"	push %eax\n"
	"	call mend\n"
	"	pop %eax\n"
	"	popa\n"
	"	add $4, %esp\n"
	"	iret\n");

static void set_up(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint32_t)idt };
	uint32_t i, at = (uint32_t)page_fault;
	uint16_t cs;

	__asm__("mov %%cs, %0" : "=r"(cs));
	idt[14] = (struct gate){ at, cs, 0x8e00, at >> 16 };
	__asm__ volatile("lidt %0" : : "m"(idtr));
	/* 4 MiB in small pages, mapped one to one. */
	for (i = 0; i < 1024; i++)
		table[i] = i * PAGE | WRITABLE | PRESENT;
	directory[0] = (uint32_t)table | WRITABLE | PRESENT;
	__asm__ volatile("mov %0, %%cr3\n\t"
			 "mov %%cr0, %%eax\n\t"
			 "or $0x80010000, %%eax\n\t" /* PG, WP */
			 "mov %%eax, %%cr0\n\t"
			 "mov %%cr4, %%eax\n\t"
			 "or $0x80, %%eax\n\t" /* PGE */
			 "mov %%eax, %%cr4"
			 :
			 : "r"(directory)
			 : "eax", "memory");
}

static void load_cr3(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(directory) : "memory");
}

static uint32_t upgrade(volatile uint32_t *p)
{
	volatile uint32_t *pte = entry_of(p);

	*pte &= ~(WRITABLE | DIRTY);
	flush(p);
	*p;
	*pte |= WRITABLE;
	*p = 1;
	return *pte;
}

static uint32_t unmap(volatile uint32_t *p)
{
	volatile uint32_t *pte = entry_of(p);

	*p;
	*pte = 0;
	*p;
	*pte = (uint32_t)p | RETURNED;
	return faults;
}

static uint32_t move(volatile uint32_t *p, volatile uint32_t *other)
{
	volatile uint32_t *pte = entry_of(p);
	uint32_t seen;

	*p = 1;
	*other = 2;
	*pte = (uint32_t)other | RETURNED;
	seen = *p;
	*pte = (uint32_t)p | RETURNED;
	flush(p);
	return seen;
}

static uint32_t keep(volatile uint32_t *p, uint32_t global)
{
	volatile uint32_t *pte = entry_of(p);
	uint32_t seen;

	*pte |= global;
	flush(p);
	*p;
	*pte &= ~ACCESSED;
	load_cr3();
	*p;
	seen = *pte & ACCESSED;
	*pte = (uint32_t)p | RETURNED;
	flush(p);
	return seen;
}

__attribute__((used)) static void start(uint32_t magic,
					struct multiboot_info *info)
{
	uint32_t i, moved = 0, local = 0, global = 0, digest = 1;

	(void)magic, (void)info;
	set_up();
	for (i = 0; i < ROUNDS; i++) {
		volatile uint32_t *p = page[i & 15];
		volatile uint32_t *other = page[(i + 5) & 15];

		if (i % 37 == 0)
			outb(0x80, i); /* makes an exit */
		digest = digest * 69069 + upgrade(p);
		digest = digest * 69069 + unmap(p);
		moved += move(p, other) == 2;
		local += !!keep(p, 0);
		global += !!keep(p, GLOBAL);
	}
	print_hex("stale: faults ", faults);
	print_hex(" moved ", moved);
	print_hex(" local ", local);
	print_hex(" global ", global);
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
