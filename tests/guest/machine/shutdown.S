/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Firmware of 64 KiB that makes a triple fault without paging, and powers the machine
 * off when it runs again after the reset.  It changes neither CR0 nor the chipset, so
 * the reset has nothing to change back.
 */
	.code16
	.set ONCE, 0x8000
	.set COM1, 0x3f8

	.globl _start
_start:	cli
	xor %ax, %ax
	mov %ax, %ds
	cmpw $0x1234, ONCE
	je again
	movw $0x1234, ONCE
	mov $first, %si
	mov $printed, %bp
	jmp print
printed:
	lidtw %cs:empty
	int3

again:	mov $second, %si
	mov $off, %bp
	jmp print

	/* The text at %si; then on at %bp: there is no stack. */
print:	mov $COM1, %dx
1:	mov %cs:(%si), %al
	test %al, %al
	jz 2f
	out %al, %dx
	inc %si
	jmp 1b
2:	jmp *%bp

	/* PIIX4 (00:01.3): power management at port 0x600; then S5. */
off:	mov $0x80000b40, %ebx
	mov $0x601, %ecx
	mov $1f, %bp
	jmp configure
1:	mov $0x80000b80, %ebx
	mov $1, %ecx
	mov $1f, %bp
	jmp configure
1:	mov $0x604, %dx
	mov $0x2000, %ax
	out %ax, %dx
1:	hlt
	jmp 1b

	/* %ecx into the register %ebx of PCI; then on at %bp */
configure:
	mov %ebx, %eax
	mov $0xcf8, %dx
	out %eax, %dx
	mov %ecx, %eax
	mov $0xcfc, %dx
	out %eax, %dx
	jmp *%bp

first:	.asciz "shutdown: triple fault\n"
second:	.asciz "shutdown: again\n"
empty:	.word 0, 0, 0

	.org 0xfff0
	ljmp $0xf000, $_start
	.org 0x10000
