// SPDX-License-Identifier: GPL-2.0
/*
 * INS whose destination is not there, or beyond its segment: the processor would fault
 * before it reads the port, KVM reads first.  OUTS from a page that is not there.  And
 * an I/O breakpoint, which KVM does not look at.
 */
#include "bare.h"

#define FW_CFG_SELECT 0x510
#define FW_CFG_DATA 0x511
#define PAGE_BYTES 4096
#define DEBUGGING_EXTENSIONS 8 /* CR4.DE */

static uint32_t directory[1024] __attribute__((aligned(PAGE_BYTES)));
static uint32_t table[1024] __attribute__((aligned(PAGE_BYTES)));
static uint8_t page[2 * PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
static volatile uint32_t faults, debugs, protections;
static uint64_t gdt[] = {
	0, 0x00cf9b000000ffff, /* 08: code, as the loader has it */
	0x00cf93000000ffff, /* 10: data */
	0x0040930000000005, /* 18: data, six bytes from "page" on */
};

static uint32_t *entry_of(const void *p)
{
	return &table[((uint32_t)p >> 12) & 1023];
}

__attribute__((interrupt)) static void page_fault(struct frame *frame,
						  uint32_t code)
{
	uint32_t at;

	(void)frame;
	(void)code;
	__asm__ volatile("mov %%cr2, %0" : "=r"(at));
	*entry_of((const void *)at) |= 1;
	__asm__ volatile("invlpg (%0)" : : "r"(at) : "memory");
	faults++;
}

/* Go on behind REP INSB, which has two bytes. */
__attribute__((interrupt)) static void general_protection(struct frame *frame,
							  uint32_t code)
{
	(void)code;
	protections++;
	frame->ip += 2;
}

__attribute__((interrupt)) static void debug(struct frame *frame)
{
	(void)frame;
	debugs++;
	__asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0));
}

static void make_pages(void)
{
	uint32_t i;

	for (i = 0; i < 1024; i++) {
		directory[i] = i << 22 | 0x83; /* 4 MiB, present, writable */
		table[i] = i << 12 | 3;
	}
	directory[0] = (uint32_t)table | 3;
	start_paging(directory);
}

/* The signature "QEMU", read to @to, which is not there. */
static void read_signature(uint8_t *to, uint32_t bytes)
{
	*entry_of(to) &= ~1u;
	__asm__ volatile("invlpg (%0)" : : "r"(to) : "memory");
	outw(FW_CFG_SELECT, 0);
	__asm__ volatile("rep insb"
			 : "+D"(to), "+c"(bytes)
			 : "d"(FW_CFG_DATA)
			 : "memory");
}

/* Eight bytes to a segment of six: what is left of the eight. */
static uint32_t read_beyond_segment(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) gdtr = { sizeof(gdt) - 1, (uint32_t)gdt };
	uint32_t to = 0, bytes = 8;

	gdt[3] |= (uint64_t)((uint32_t)page & 0xffffff) << 16 |
		  (uint64_t)((uint32_t)page >> 24) << 56;
	outw(FW_CFG_SELECT, 0);
	__asm__ volatile("lgdt %2\n\t"
			 "mov %3, %%es\n\t"
			 "rep insb\n\t"
			 "mov %4, %%es"
			 : "+D"(to), "+c"(bytes)
			 : "m"(gdtr), "r"(0x18), "r"(0x10), "d"(FW_CFG_DATA)
			 : "memory");
	return bytes;
}

/* "outs" to the console, from a page that is not there at first. */
static void write_absent(uint8_t *from)
{
	uint32_t bytes = 5;

	from[0] = 'o', from[1] = 'u', from[2] = 't', from[3] = 's',
	from[4] = '\n';
	*entry_of(from) &= ~1u;
	__asm__ volatile("invlpg (%0)" : : "r"(from) : "memory");
	__asm__ volatile("rep outsb"
			 : "+S"(from), "+c"(bytes)
			 : "d"(COM1)
			 : "memory");
}

static void print_bytes(const char *name, const uint8_t *p, uint32_t n)
{
	print(name);
	while (n--)
		outb(COM1, p[n] < ' ' ? '.' : p[n]);
	print("\n");
}

static void break_on_port(void)
{
	__asm__ volatile("mov %%cr4, %%eax; or %0, %%eax; mov %%eax, %%cr4\n\t"
			 "mov %1, %%dr0\n\t"
			 "mov %2, %%dr7"
			 :
			 : "i"(DEBUGGING_EXTENSIONS), "r"(0x80),
			   "r"(0x400 | 2 << 16 | 2)
			 : "eax");
	outb(0x80, 1);
	(void)inb(0x80);
	__asm__ volatile("mov %0, %%dr7" : : "r"(0x400));
}

static void scenario(void)
{
	set_gate(1, debug);
	set_gate(13, general_protection);
	set_gate(14, page_fault);
	make_pages();
	read_signature(page, 4);
	print_bytes("ins: ", page, 4);
	read_signature(page + PAGE_BYTES, 1);
	print_bytes("ins: ", page + PAGE_BYTES, 1);
	print_value("ins: page faults", faults);
	print_value("ins: left beyond the segment", read_beyond_segment());
	print_value("ins: protection faults", protections);
	print_bytes("ins: ", page, 6);
	write_absent(page + PAGE_BYTES);
	break_on_port();
	print_value("ins: debug exceptions", debugs);
}
