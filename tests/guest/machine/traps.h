/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions that raise an exception: the guest goes on behind them. */
#ifndef TESTS_GUEST_MACHINE_TRAPS_H
#define TESTS_GUEST_MACHINE_TRAPS_H

#include "bare.h"

#define VECTOR_UD 6
#define VECTOR_GP 13

static volatile uint32_t raised; /* the vector; 0: none */
/* Where to go on: "movl $1f, resume_at; INSTRUCTION; 1:" */
__attribute__((used)) static volatile uint32_t resume_at;

__attribute__((interrupt)) static void invalid_opcode(struct frame *frame)
{
	raised = VECTOR_UD;
	frame->ip = resume_at;
}

__attribute__((interrupt)) static void general_protection(struct frame *frame,
							  uint32_t code)
{
	(void)code;
	raised = VECTOR_GP;
	frame->ip = resume_at;
}

static inline void catch_traps(void)
{
	set_gate(VECTOR_UD, invalid_opcode);
	set_gate(VECTOR_GP, general_protection);
}

/* "TEXT UD", "TEXT GP" or "TEXT none" in a line; then nothing is raised. */
static inline void print_raised(const char *text)
{
	print(text);
	print(raised == VECTOR_UD ? " UD\n" :
	      raised == VECTOR_GP ? " GP\n" :
				    " none\n");
	raised = 0;
}

#endif
