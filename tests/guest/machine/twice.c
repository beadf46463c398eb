// SPDX-License-Identifier: GPL-2.0
/*
 * One landmark, two places: functions that are called twice with no conditional branch
 * between, and the same registers.  The return address on the stack tells the calls
 * apart, or that of the caller.  The handler of a timer's interrupt adds up in which
 * call it came.
 */
#include "bare.h"

#define TICKS 600u

void round_of_calls(void);

/* JMPs, for the lab's processor takes interrupts at the ends of blocks alone. */
__asm__(".macro some_code\n"
	"	.rept 5\n"
	"	jmp 1f\n"
	"1:	nop\n"
	"	.endr\n"
	".endm\n"
	".macro twice function, phase\n"
	"	movl $\\phase, phase\n"
	"	call \\function\n"
	"	movl $\\phase + 1, phase\n"
	"	call \\function\n"
	".endm\n"
	"round_of_calls:\n"
	"	twice plain, 1\n"
	"	twice by_thunk, 3\n"
	/* Two functions that return by the same thunk. */
	"	call other_by_thunk\n"
	"	twice outer, 5\n"
	"	twice with_frame, 7\n"
	"	twice with_push, 9\n"
	"	movl $0, phase\n"
	"	ret\n"
	"plain:\n"
	"	some_code\n"
	"	ret\n"
	/* As Linux's, which drops the return address of the thunk's own call. */
	"return_thunk:\n"
	"	call 2f\n"
	"	int3\n"
	"2:	lea 4(%esp), %esp\n"
	"	some_code\n"
	"	ret\n"
	"by_thunk:\n"
	"	jmp return_thunk\n"
	"other_by_thunk:\n"
	"	movl $11, phase\n"
	"	jmp return_thunk\n"
	/* The inner return address is the same both times. */
	"outer:\n"
	"	call plain\n"
	"	nop\n"
	"	ret\n"
	"with_frame:\n"
	"	push %ebp\n"
	"	mov %esp, %ebp\n"
	"	push %ebx\n"
	"	sub $16, %esp\n"
	"	jmp 1f\n"
	"1:	mov -4(%ebp), %ebx\n"
	"	leave\n"
	"	jmp 1f\n"
	"1:	ret\n"
	"with_push:\n"
	"	push %esi\n"
	"	jmp 1f\n"
	"1:	nop\n"
	"	pop %esi\n"
	"	jmp 1f\n"
	"1:	ret\n");

__attribute__((used)) static volatile uint32_t phase;
static volatile uint32_t ticks, sum, inside;

__attribute__((interrupt)) static void tick(struct frame *frame)
{
	(void)frame;
	ticks++;
	sum = sum * 31 + phase;
	inside += phase != 0;
	outb(0x20, 0x20);
}

static void scenario(void)
{
	start_8254(tick);
	__asm__ volatile("sti");
	while (ticks < TICKS)
		round_of_calls();
	__asm__ volatile("cli");
	print(inside > TICKS / 2 ? "twice: inside\n" : "twice: outside\n");
	print_value("twice: sum", sum);
}
