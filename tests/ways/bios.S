/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot sector and what it loads: real mode that asks the BIOS for everything, as DOS
 * and boot loaders do.  The screen of the BIOS is also its serial console
 * (-machine graphics=off), so each line says what was done.
 *
 * Ralf Brown's Interrupt List has the calls; VGA's registers are in IBM's "VGA/XGA
 * Technical Reference Manual", chapter 2.
 */
	.code16
	.set REST_SECTORS, 7
	.set BUFFER, 0x9000
	.set COPY, 0xa000

	.macro say text
	mov $9f, %si
	call print
	jmp 8f
9:	.asciz "bios: \text "
8:
	.endm
	.macro say_ax text
	push %ax
	say "\text"
	pop %ax
	call print_hex
	call print_end
	.endm

	.globl _start
_start:	cli
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $0x7c00, %sp
	sti
	ljmp $0, $1f
1:	mov %dl, drive
	mov $(0x200 + REST_SECTORS), %ax	/* INT 13h, AH=02h: read by cylinder */
	mov $0x0002, %cx
	mov $0, %dh
	mov $rest, %bx
	int $0x13
	jnc main
2:	hlt
	jmp 2b
drive:	.byte 0
	.org 510
	.word 0xaa55
rest:

main:	say "up,"
	movzbw drive, %ax
	call print_hex
	call print_end
	call memory_map
	call ticks
	call clock
	call disk
	call keyboard
	call a20
	call sixteen_colours
	call block_move
	say "done"
	call print_end
	call wait_tick
	mov $0x604, %dx			/* PM1a_CNT: S5 */
	mov $0x2000, %ax
	out %ax, %dx
1:	hlt
	jmp 1b

/* SI: a string. */
print:	cld
	lodsb
	test %al, %al
	jz 1f
	call print_char
	jmp print
print_char:
	mov $0x0e, %ah			/* INT 10h, AH=0Eh: teletype */
	mov $0x0007, %bx
	int $0x10
1:	ret
print_end:
	mov $'\r, %al
	call print_char
	mov $'\n, %al
	jmp print_char
print_hex:				/* AX, four digits */
	mov $4, %cx
1:	rol $4, %ax
	push %ax
	and $0x0f, %al
	cmp $10, %al			/* a digit in ASCII, with DAS as of old */
	sbb $0x69, %al
	das
	push %cx
	call print_char
	pop %cx
	pop %ax
	loop 1b
	ret

memory_map:				/* INT 15h, AX=E820h */
	xor %ebx, %ebx
	xor %bp, %bp
1:	mov $0xe820, %eax
	mov $0x534d4150, %edx
	mov $24, %ecx
	mov $BUFFER, %di
	int $0x15
	jc 2f
	inc %bp
	test %ebx, %ebx
	jnz 1b
2:	mov %bp, %ax
	say_ax "memory map has entries:"
	mov $0x88, %ah			/* INT 15h, AH=88h: extended memory in KiB */
	int $0x15
	say_ax "extended memory in KiB:"
	ret

wait_tick:				/* INT 1Ah, AH=00h */
	xor %ah, %ah
	int $0x1a
	mov %dx, %bp
1:	hlt
	xor %ah, %ah
	int $0x1a
	cmp %bp, %dx
	je 1b
	ret
ticks:	mov $5, %cx
1:	push %cx
	call wait_tick
	pop %cx
	loop 1b
	say "five ticks of the timer"
	jmp print_end
clock:	mov $0x02, %ah			/* INT 1Ah, AH=02h: hours and minutes in BCD */
	int $0x1a
	mov %cx, %ax
	say_ax "the clock says"
	ret

sum:					/* AX: of the 512 bytes at BUFFER */
	mov $BUFFER, %si
	mov $256, %cx
	xor %dx, %dx
1:	lodsw
	add %ax, %dx
	rol $1, %dx
	loop 1b
	mov %dx, %ax
	ret
packet:	.byte 16, 0
	.word 1, BUFFER, 0
	.long 2, 0
transfer:				/* AX=42xx or 43xx: with the packet */
	mov $packet, %si
	mov drive, %dl
	int $0x13
	jnc 1f
	say "a transfer failed"
	jmp print_end
1:	ret
disk:	mov $0x4200, %ax		/* INT 13h, AH=42h: read by number */
	call transfer
	call sum
	push %ax
	say_ax "sector 2 has"
	movl $30, packet + 8
	mov $0x4300, %ax		/* AH=43h: write */
	call transfer
	mov $BUFFER, %di
	mov $256, %cx
	xor %ax, %ax
	rep stosw
	mov $0x4200, %ax
	call transfer
	call sum
	pop %dx
	cmp %dx, %ax
	jne 1f
	say "written, read back"
	jmp print_end
1:	say "another sector came back"
	jmp print_end

keyboard:				/* INT 16h, AH=01h: is there a key? */
	mov $0x01, %ah
	int $0x16
	jz 1f
	say "a key"
	jmp print_end
1:	mov $0x02, %ah			/* AH=02h: shift keys */
	int $0x16
	xor %ah, %ah
	say_ax "no key, shift keys:"
	ret

/* With A20 off FFFF:0510 is 0000:0500. */
a20:	mov $0x2400, %ax		/* INT 15h, AX=2400h: off */
	int $0x15
	mov $0xffff, %ax
	mov %ax, %fs
	movw $0x1234, 0x500
	movw $0x4321, %fs:0x510
	mov 0x500, %ax
	push %ax
	mov $0x2401, %ax		/* on */
	int $0x15
	pop %ax
	say_ax "without A20:"
	movw $0x1234, 0x500
	movw $0x5678, %fs:0x510
	mov 0x500, %ax
	say_ax "with A20:"
	ret

/* Mode 12h: 640 by 480, four planes, of which a write sets those of the map mask. */
	.macro vga port, index, value
	mov $\port, %dx
	mov $(\value << 8 | \index), %ax
	out %ax, %dx
	.endm
sixteen_colours:
	call wait_tick			/* the serial console is a character late */
	mov $0x0012, %ax
	int $0x10
	mov $0xa000, %ax
	mov %ax, %es
	mov $1, %bl			/* 15 bars: write mode 0, planes by colour */
1:	mov $0x3c4, %dx
	mov %bl, %ah
	mov $2, %al
	out %ax, %dx
	movzbw %bl, %di
	imul $(80 * 32), %di
	mov $0x55, %al
	mov $(80 * 16), %cx
	rep stosb
	inc %bl
	cmp $15, %bl
	jb 1b
	vga 0x3c4, 2, 0x0f
	vga 0x3ce, 5, 0x02		/* write mode 2: the byte is a colour */
	vga 0x3ce, 8, 0xf0		/* bit mask: the left half of each byte */
	xor %di, %di
	mov $80, %cx
2:	mov %es:(%di), %al		/* fills the latches */
	mov %cl, %al
	stosb
	loop 2b
	vga 0x3ce, 8, 0xff
	vga 0x3ce, 5, 0x01		/* write mode 1: copies the latches */
	push %ds
	mov $0xa000, %ax
	mov %ax, %ds
	xor %si, %si
	mov $(80 * 470), %di
	mov $(80 * 8), %cx
	rep movsb
	pop %ds
	xor %bp, %bp			/* read mode 0: a plane at a time */
	xor %bl, %bl
3:	mov $0x3ce, %dx
	mov %bl, %ah
	mov $4, %al
	out %ax, %dx
	xor %si, %si
	mov $(80 * 480 / 2), %cx
4:	mov %es:(%si), %ax
	add %ax, %bp
	rol $1, %bp
	add $2, %si
	loop 4b
	inc %bl
	cmp $4, %bl
	jb 3b
	vga 0x3ce, 5, 0x00
	mov $0x0003, %ax
	int $0x10
	xor %ax, %ax
	mov %ax, %es
	mov %bp, %ax
	say_ax "16 colours, planes have"
	ret

/* INT 15h, AH=87h: the BIOS copies in protected mode. */
	.balign 8
table:	.quad 0, 0
	.word 0xffff, BUFFER
	.byte 0, 0x93, 0, 0
	.word 0xffff, COPY
	.byte 0, 0x93, 0, 0
	.quad 0, 0
block_move:
	mov $table, %si
	mov $256, %cx
	mov $0x87, %ah
	int $0x15
	jc 1f
	mov $BUFFER, %si
	mov $COPY, %di
	mov $512, %cx
	repe cmpsb
	jne 1f
	say "copied in protected mode"
	jmp print_end
1:	say "copied wrongly"
	jmp print_end
	.org 512 * (REST_SECTORS + 1)
