// SPDX-License-Identifier: GPL-2.0
/*
 * Code that changes: by a store to the next instruction, also one that crosses a page;
 * by REP STOS, behind itself; through another linear address; by DMA; and by the
 * handler of a timer's interrupt, wherever that comes.
 */
#include "bare.h"

#define ROUNDS 3000u
#define TICKS 300u
#define FILLED 64u
#define ALIAS 0x10000000u /* the first 4 MiB are there too */
#define FW_CFG_DMA 0x514
#define DMA_READ_SELECTED 0x0a /* of item 0, which is "QEMU" */

uint32_t sum_ahead(uint32_t rounds) __attribute__((regparm(1)));
uint32_t sum_crossing(uint32_t rounds) __attribute__((regparm(1)));
uint32_t sum_aliased(uint32_t rounds) __attribute__((regparm(1)));
extern uint8_t by_dma[], alone[];
uint32_t from_dma(void);

/*
 * EAX: the sum of what the changed MOV has loaded in so many rounds.  Behind a store
 * through another address IRET serializes, as the manual asks for (SDM volume 3,
 * "Self-Modifying Code").
 */
__asm__(".macro sum_of_rounds alias\n"
	"	mov %eax, %ecx\n"
	"	xor %eax, %eax\n"
	"1:	mov %ecx, \\alias + 2f + 1\n"
	"	.if \\alias\n"
	"	pushf\n"
	"	push %cs\n"
	"	push $2f\n"
	"	iret\n"
	"	.endif\n"
	"2:	mov $0, %edx\n"
	"	rol $1, %eax\n"
	"	add %edx, %eax\n"
	"	dec %ecx\n"
	"	jnz 1b\n"
	"	ret\n"
	".endm\n"
	"sum_ahead:\n"
	"	sum_of_rounds 0\n"
	"sum_aliased:\n"
	"	sum_of_rounds 0x10000000\n"
	"from_dma:\n"
	"	push %ebp\n"
	"	mov $0x1234, %ebp\n"
	"	mov $0x5678, %ecx\n"
	/* "QEMU" pushes ECX and EBP. */
	"by_dma:\n"
	"	push %eax\n"
	"	nop\n"
	"	nop\n"
	"	push %eax\n"
	"	pop %eax\n"
	"	pop %edx\n"
	"	shl $16, %eax\n"
	"	or %edx, %eax\n"
	"	pop %ebp\n"
	"	ret\n"
	"	.balign 4096\n"
	"	.skip 4084\n"
	"sum_crossing:\n"
	"	sum_of_rounds 0\n");

static uint32_t directory[1024] __attribute__((aligned(4096)));
static volatile uint32_t ticks;

static void make_alias(void)
{
	uint32_t i;

	for (i = 0; i < 1024; i++)
		directory[i] = i << 22 | 0x83; /* 4 MiB, present, writable */
	directory[ALIAS >> 22] = 0x83;
	start_paging(directory);
}

/* What REP STOS has written right behind itself is executed: EBX counts. */
static uint32_t fill(uint8_t opcode)
{
	uint32_t count = FILLED, executed = 0;
	uint8_t *to;

	__asm__ volatile("mov $1f, %0\n\t"
			 "rep stosb\n"
			 "1:	.skip 64, 0x90"
			 : "=&D"(to), "+c"(count), "+b"(executed)
			 : "a"(opcode)
			 : "memory", "cc");
	return executed;
}

static uint32_t big_endian(uint32_t n)
{
	return __builtin_bswap32(n);
}

static void read_into_code(void)
{
	static volatile struct {
		uint32_t control, bytes, high, low;
	} request;

	request.bytes = big_endian(4);
	request.low = big_endian((uint32_t)by_dma);
	request.control = big_endian(DMA_READ_SELECTED);
	outl(FW_CFG_DMA, 0);
	outl(FW_CFG_DMA + 4, big_endian((uint32_t)&request));
	while (request.control)
		;
}

__attribute__((interrupt)) static void tick(struct frame *frame)
{
	(void)frame;
	ticks++;
	(*(volatile uint32_t *)(alone + 1))++;
	outb(0x20, 0x20);
}

/* The sum of what the handler has the MOV load. */
static uint32_t interrupted(void)
{
	uint32_t sum = 0;

	start_8254(tick);
	__asm__ volatile("sti");
	while (ticks < TICKS)
		__asm__ volatile("alone: mov $0, %%eax\n\t"
				 "add %%eax, %0"
				 : "+r"(sum)
				 :
				 : "eax", "cc", "memory");
	__asm__ volatile("cli");
	return sum;
}

static void scenario(void)
{
	uint32_t filled = fill(0x43); /* INC EBX */

	print_value("modify: ahead", sum_ahead(ROUNDS));
	print_value("modify: crossing", sum_crossing(ROUNDS));
	filled = filled * 1000 + fill(0x90); /* NOP */
	print_value("modify: filled", filled * 1000 + fill(0x43));
	make_alias();
	print_value("modify: aliased", sum_aliased(ROUNDS));
	from_dma();
	read_into_code();
	print_value("modify: by DMA", from_dma());
	print_value("modify: interrupted", interrupted());
}
