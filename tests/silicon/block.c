/*
 * Emits blocks.  In a block R15 is the state, R14 the hash, R13 the row.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tests/silicon/block.h"

#define R13 13
#define R14 14
#define R15 15

/* CF, PF, AF, ZF, SF, DF, OF. */
#define FLAGS 0xcd5

struct emitter {
	uint8_t *at;
	const struct insn *insn;
	struct block *block;
	uint64_t *rng;
	bool waits; /* FWAIT follows the instruction */
};

#define STATE(member) ((int32_t)offsetof(struct state, member))
#define OUT(n) (STATE(out) + 8 * (int32_t)(n))

static void e_bytes(struct emitter *e, const char *bytes, unsigned int n)
{
	memcpy(e->at, bytes, n);
	e->at += n;
}
#define E(e, literal) e_bytes(e, literal, sizeof(literal) - 1)

static void e_byte(struct emitter *e, unsigned int byte)
{
	*e->at++ = byte;
}

static void e_32(struct emitter *e, uint32_t value)
{
	memcpy(e->at, &value, 4);
	e->at += 4;
}

/* ModRM for [@base + @disp]; @base is neither RSP nor R12. */
static void e_modrm(struct emitter *e, unsigned int reg, unsigned int base,
		    int32_t disp)
{
	e_byte(e, 0x80 | (reg & 7) << 3 | (base & 7));
	e_32(e, disp);
}

static unsigned int rex(bool w, unsigned int reg, unsigned int base)
{
	return 0x40 | w << 3 | (reg >> 3) << 2 | base >> 3;
}

/* OP r64, [base + disp], and its like with a memory destination. */
static void e_op(struct emitter *e, unsigned int op, unsigned int reg,
		 unsigned int base, int32_t disp)
{
	e_byte(e, rex(true, reg, base));
	e_byte(e, op);
	e_modrm(e, reg, base, disp);
}

static void e_load(struct emitter *e, unsigned int reg, unsigned int base,
		   int32_t disp)
{
	e_op(e, 0x8b, reg, base, disp);
}

static void e_store(struct emitter *e, unsigned int reg, unsigned int base,
		    int32_t disp)
{
	e_op(e, 0x89, reg, base, disp);
}

/* MOVZX or MOVSX r64, byte or word [base + disp]. */
static void e_extend(struct emitter *e, unsigned int op, unsigned int reg,
		     unsigned int base, int32_t disp)
{
	e_byte(e, rex(true, reg, base));
	e_byte(e, 0x0f);
	e_byte(e, op);
	e_modrm(e, reg, base, disp);
}

/* MOVUPS, with 256 bits where there is AVX. */
static void e_vector(struct emitter *e, bool is_store, unsigned int reg,
		     unsigned int base, int32_t disp)
{
	if (e->insn->has_avx) {
		e_byte(e, 0xc4);
		e_byte(e, 0x01 | (reg >= 8 ? 0 : 0x80) | 0x40 |
				  (base >= 8 ? 0 : 0x20));
		e_byte(e, 0x7c);
	} else {
		e_byte(e, rex(false, reg, base));
		e_byte(e, 0x0f);
	}
	e_byte(e, is_store ? 0x11 : 0x10);
	e_modrm(e, reg, base, disp);
}

static void compare(struct emitter *e, int32_t disp)
{
	e->block->word[e->block->words++] = disp;
}

/* ---- before the instruction --------------------------------------------- */

static int32_t any_word(struct emitter *e)
{
	return pick(e->rng, 32) * 8;
}

static int32_t mem_disp(const struct insn *i, unsigned int word)
{
	int32_t disp = STATE(mem) + 8 * (int32_t)word;

	if (i->ends_page)
		return disp + PAGE_BYTES - (int32_t)(i->mem_words * 8);
	return i->crosses_page ? disp - (int32_t)(i->mem_words / 2 * 8) : disp;
}

static void e_memory(struct emitter *e)
{
	unsigned int w;

	for (w = 0; w < e->insn->mem_words; w++) {
		unsigned int from = (e->insn->mem_offset / 8 + w) % 40;

		e_load(e, RAX, R13, from * 8);
		e_store(e, RAX, R15, mem_disp(e->insn, w));
	}
}

/* LEA RAX, [RAX * 8 << @shift]: no flags. */
static void e_index_row(struct emitter *e, unsigned int bytes)
{
	/* IMUL would do; flags are not loaded yet. */
	e_byte(e, 0x48);
	e_byte(e, 0x6b);
	e_byte(e, 0xc0);
	e_byte(e, bytes);
}

static void e_vectors(struct emitter *e)
{
	const struct insn *i = e->insn;
	unsigned int r;

	for (r = 0; r < 16; r++) {
		if (!(i->vectors >> r & 1))
			continue;
		if (i->is_mmx && r < 8) {
			e_byte(e, 0x41);
			E(e, "\x0f\x6f");
			e_modrm(e, r, R13, any_word(e));
			continue;
		}
		e_vector(e, false, r, R13, any_word(e));
	}
	if (i->gather_index >= 0) {
		r = i->gather_index;
		e_extend(e, 0xb6, RAX, R13, any_word(e));
		E(e, "\x83\xe0\x07"); /* and eax, 7 */
		e_index_row(e, 32);
		E(e, "\x4c\x01\xf8"); /* add rax, r15 */
		e_vector(e, false, r, RAX, STATE(gather[i->gather_of_64]));
	}
}

static void e_mxcsr(struct emitter *e)
{
	e_extend(e, 0xb6, RAX, R13, any_word(e));
	/* ldmxcsr [r15 + rax * 4 + disp] */
	E(e, "\x41\x0f\xae\x94\x87");
	e_32(e, pick(e->rng, 4) ? STATE(mxcsr) : STATE(mxcsr_unmasked));
}

static void e_fldcw(struct emitter *e, int32_t table)
{
	e_extend(e, 0xb6, RAX, R13, any_word(e));
	E(e, "\x41\xd9\xac\x47"); /* fldcw [r15 + rax * 2 + disp] */
	e_32(e, table);
}

/*
 * The program asks for exceptions.  Those of the loads before are pending at
 * times, and the instruction's own are taken at times.
 */
static void e_x87_unmask(struct emitter *e)
{
	if (pick(e->rng, 8))
		E(e, "\xdb\xe2"); /* fnclex */
	e_fldcw(e, STATE(x87_unmasked));
	e->waits = e->insn->mode == MODE_64 && !pick(e->rng, 8);
}

/* At times an MMX instruction finds an exception of x87 pending. */
static void e_mmx_pending(struct emitter *e)
{
	if (!pick(e->rng, 16)) {
		E(e, "\x41\xd9"); /* fldenv */
		e_modrm(e, 4, R15, STATE(x87_pending));
	}
}

/* FNINIT, FLDCW, and up to 8 numbers on the stack. */
static void e_x87(struct emitter *e)
{
	static const uint8_t depths[] = { 0, 1, 2, 2, 3, 3, 4, 8 };
	unsigned int n = depths[pick(e->rng, 8)];

	E(e, "\xdb\xe3");
	e_fldcw(e, STATE(x87_control));
	while (n--) {
		int32_t disp = any_word(e) & ~8;

		e_byte(e, 0x41);
		switch (e->insn->form->kind) {
		case F32: /* fld dword */
			e_byte(e, 0xd9);
			e_modrm(e, 0, R13, disp);
			break;
		case F64: /* fld qword */
			e_byte(e, 0xdd);
			e_modrm(e, 0, R13, disp);
			break;
		case INT: /* fild qword */
			e_byte(e, 0xdf);
			e_modrm(e, 5, R13, disp);
			break;
		default: /* fld tbyte */
			e_byte(e, 0xdb);
			e_modrm(e, 5, R13, disp);
			break;
		}
	}
	if (pick(e->rng, 2))
		e_x87_unmask(e);
}

/* FNSAVE; the pointers in its image are not compared. */
static void e_x87_out(struct emitter *e)
{
	unsigned int w;

	E(e, "\x41\xdd"); /* fnsave */
	e_modrm(e, 6, R15, STATE(x87));
	e_extend(e, 0xb7, RAX, R15, STATE(x87) + 4);
	e_store(e, RAX, R15, OUT(OUT_STATUS));
	e_extend(e, 0xb7, RAX, R15, STATE(x87) + 8);
	e_store(e, RAX, R15, OUT(OUT_TAGS));
	compare(e, OUT(OUT_STATUS));
	compare(e, OUT(OUT_TAGS));
	for (w = 0; w < 10; w++) {
		e_load(e, RAX, R15, STATE(x87) + 28 + 8 * w);
		e_store(e, RAX, R15, OUT(OUT_STACK + w));
		compare(e, OUT(OUT_STACK + w));
	}
}

/* The flags by POPF: TCG ends its block, and knows nothing of the flags. */
static void e_popf(struct emitter *e)
{
	e_load(e, RAX, R13, any_word(e));
	E(e, "\x25"); /* and eax, imm32 */
	e_32(e, e->insn->sets_df ? FLAGS : FLAGS & ~0x400);
	E(e, "\x0d"); /* or eax, 0x202 */
	e_32(e, 0x202);
	E(e, "\x50\x9d"); /* push rax; popf */
}

/* By SAHF, and ADD for OF. */
static void e_sahf(struct emitter *e)
{
	e_load(e, RAX, R13, any_word(e));
	E(e, "\x04\x7f\x9e"); /* add al, 0x7f; sahf */
}

/* By an instruction before, as in programs. */
static void e_arithmetic(struct emitter *e)
{
	static const char ops[][4] = {
		"\x48\x01\xc8", "\x48\x29\xc8", "\x48\x21\xc8", "\x48\x31\xc8",
		"\x48\x39\xc8", "\x48\x85\xc8", "\x48\x11\xc8", "\x48\x19\xc8",
		"\x48\xff\xc0", "\x48\xff\xc8", "\x48\xf7\xd8", "\x48\xd1\xe0",
		"\x48\xd1\xf8", "\x48\xd1\xe8", "\x66\x01\xc8", "\x66\x29\xc8",
		"\x90\x00\xc8", "\x90\x28\xc8", "\x90\x01\xc8", "\x90\x29\xc8",
	};
	unsigned int n = pick(e->rng, sizeof(ops) / sizeof(ops[0]));

	e_load(e, RAX, R13, any_word(e));
	e_load(e, RCX, R13, any_word(e));
	e_bytes(e, ops[n], 3);
}

/* DS and ES for code of 32 and 16 bits; a signal under QEMU has changed them. */
static void e_segments(struct emitter *e, const struct segments *s)
{
	if (e->insn->mode == MODE_64)
		return;
	e_byte(e, 0xb8); /* mov eax, imm32 */
	e_32(e, e->insn->is_limited ? s->limited_data : s->data);
	E(e, "\x8e\xd8\x8e\xc0"); /* mov ds, eax; mov es, eax */
}

static void e_flags(struct emitter *e)
{
	unsigned int how = pick(e->rng, 4);

	if (e->insn->sets_df || how == 0)
		e_popf(e);
	else if (how == 1)
		e_sahf(e);
	else
		e_arithmetic(e);
	if (pick(e->rng, 4) == 0)
		E(e, "\xeb\x00"); /* jmp: TCG's block ends */
}

static void e_gpr(struct emitter *e, unsigned int r)
{
	const struct insn *i = e->insn;
	int32_t disp = i->gpr[r].offset;

	switch (i->gpr[r].how) {
	case LOAD_WORD:
		e_load(e, r, R13, disp);
		break;
	case LOAD_ZX8:
		e_extend(e, 0xb6, r, R13, disp);
		break;
	case LOAD_SX8:
		e_extend(e, 0xbe, r, R13, disp);
		break;
	case LOAD_ZX16:
		e_extend(e, 0xb7, r, R13, disp);
		break;
	case LOAD_SMALL: /* RCX: movzx ecx, byte [r15 + rcx + small] */
		e_extend(e, 0xb6, r, R13, disp);
		E(e, "\x41\x0f\xb6\x8c\x0f");
		e_32(e, STATE(small));
		break;
	case LOAD_CONST:
		e_byte(e, 0x48 | r >> 3);
		e_byte(e, 0xb8 | (r & 7));
		e_32(e, i->gpr[r].constant);
		e_32(e, i->gpr[r].constant >> 32);
		break;
	case LOAD_NOT:
		break;
	}
}

/* ---- the instruction ---------------------------------------------------- */

static void e_instruction(struct emitter *e, struct segments *s)
{
	const struct insn *i = e->insn;
	unsigned int need = i->length + 16;
	uint8_t *stub;
	uint64_t base;

	if (i->mode == MODE_64) {
		e->block->from = (uintptr_t)e->at;
		e_bytes(e, (const char *)i->bytes, i->length);
		if (e->waits)
			e_byte(e, 0x9b);
		e->block->to = (uintptr_t)e->at;
		return;
	}
	if (s->used_bytes + need > s->area_bytes)
		s->used_bytes = 0;
	stub = s->area + s->used_bytes;
	s->used_bytes += need;
	base = i->mode == MODE_16 ? (uintptr_t)s->area : 0;
	e->block->from = (uintptr_t)stub - base;
	e->block->to = e->block->from + i->length;
	/* jmp far [r15 + target], and from there back */
	e_store(e, R14, R15, STATE(hash));
	E(e, "\x41\xff\xaf");
	e_32(e, STATE(target));
	memcpy(stub, i->bytes, i->length);
	stub += i->length;
	if (i->mode == MODE_16)
		*stub++ = 0x66;
	*stub++ = 0xea;
	memcpy(stub, &(uint32_t){ (uintptr_t)e->at }, 4);
	memcpy(stub + 4, &s->code_64, 2);
}

/* ---- behind the instruction ---------------------------------------------- */

static void e_out(struct emitter *e, unsigned int reg)
{
	if (e->insn->mode == MODE_64) {
		e_store(e, reg, R15, OUT(reg));
	} else {
		/* The upper half is undefined behind 32-bit code. */
		e_byte(e, rex(false, reg, R15));
		e_byte(e, 0x89);
		e_modrm(e, reg, R15, OUT(reg));
	}
	compare(e, OUT(reg));
}

static void e_flags_out(struct emitter *e)
{
	if (pick(e->rng, 2) || e->insn->sets_df) {
		E(e, "\x9c\x58\x25"); /* pushf; pop rax; and eax, imm32 */
		e_32(e, FLAGS);
	} else {
		/* lahf; seto al; movzx eax, ax */
		E(e, "\x9f\x0f\x90\xc0\x0f\xb7\xc0");
		e->block->has_lahf = true;
	}
	e_store(e, RAX, R15, OUT(OUT_FLAGS));
	compare(e, OUT(OUT_FLAGS));
	if (e->insn->sets_df)
		e_byte(e, 0xfc);
}

static void e_vectors_out(struct emitter *e)
{
	unsigned int r, w;

	for (r = 0; r < 16; r++) {
		if (!(e->insn->vectors >> r & 1))
			continue;
		if (e->insn->is_mmx && r < 8) {
			e_byte(e, 0x41);
			E(e, "\x0f\x7f");
			e_modrm(e, r, R15, OUT(OUT_MMX + r));
			compare(e, OUT(OUT_MMX + r));
			continue;
		}
		e_vector(e, true, r, R15, OUT(OUT_VECTOR + 4 * r));
		for (w = 0; w < (e->insn->has_avx ? 4 : 2); w++)
			compare(e, OUT(OUT_VECTOR + 4 * r + w));
	}
}

static void e_results(struct emitter *e)
{
	const struct insn *i = e->insn;
	unsigned int r, w;

	e_out(e, RAX);
	if (i->uses_stack)
		e_out(e, RSP);
	if (i->uses_stack || i->mode != MODE_64)
		e_load(e, RSP, R15, STATE(stack));
	/* 32-bit code leaves the upper halves undefined. */
	if (i->mode != MODE_64)
		e_load(e, R14, R15, STATE(hash));
	e_flags_out(e);
	for (r = RCX; r < 16; r++)
		if (i->gpr[r].how != LOAD_NOT && r != RSP)
			e_out(e, r);
	if (i->is_mmx)
		E(e,
		  "\xdb\xe2"); /* fnclex: the exception would be taken below */
	e_vectors_out(e);
	/* The upper bits of the registers too; it ends the use of MMX. */
	if (i->is_x87 || i->is_mmx)
		e_x87_out(e);
	if (i->has_mxcsr) {
		E(e, "\x41\x0f\xae"); /* stmxcsr */
		e_modrm(e, 3, R15, OUT(OUT_MXCSR));
		compare(e, OUT(OUT_MXCSR));
	}
	for (w = 0; w < i->mem_words; w++)
		compare(e, mem_disp(i, w));
}

static void e_hash(struct emitter *e)
{
	unsigned int w;

	for (w = 0; w < e->block->words; w++) {
		/* No load between: TCG drops the flags of ROR, which cost. */
		e_load(e, RAX, R15, e->block->word[w]);
		E(e, "\x49\xc1\xce\x13"); /* ror r14, 19 */
		E(e, "\x49\x01\xc6"); /* add r14, rax */
	}
	E(e, "\x4d\x69\xf6"); /* imul r14, r14, imm32 */
	e_32(e, 0x5bd1e995);
}

void block_emit(struct block *b, uint8_t *code, const struct insn *insn,
		struct segments *segments, uint64_t *rng)
{
	struct emitter e = { code, insn, b, rng, false };
	uint8_t *loop;
	unsigned int r;

	memset(b, 0, sizeof(*b));
	b->run = (void (*)(struct state *))(uintptr_t)code;
	/* push rbx, rbp, r12 to r15; mov r15, rdi */
	E(&e, "\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57\x49\x89\xff");
	e_load(&e, R14, R15, STATE(hash));
	e_load(&e, R13, R15, STATE(row));
	e_store(&e, RSP, R15, STATE(stack));
	loop = e.at;
	e_segments(&e, segments);
	e_memory(&e);
	if (insn->has_mxcsr)
		e_mxcsr(&e);
	if (insn->has_vectors)
		e_vectors(&e);
	if (insn->is_x87)
		e_x87(&e);
	if (insn->is_mmx)
		e_mmx_pending(&e);
	e_flags(&e);
	for (r = 0; r < 16; r++)
		e_gpr(&e, r);
	e_instruction(&e, segments);
	e_results(&e);
	e_hash(&e);
	e_op(&e, 0x03, R13, R15, STATE(stride_bytes)); /* add */
	e_op(&e, 0xff, 1, R15, STATE(count)); /* dec */
	E(&e, "\x0f\x85"); /* jnz */
	e_32(&e, loop - (e.at + 4));
	e_store(&e, R14, R15, STATE(hash));
	e_store(&e, R13, R15, STATE(row));
	if (insn->has_vectors && insn->has_avx)
		E(&e, "\xc5\xf8\x77"); /* vzeroupper */
	E(&e, "\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3");
	b->length = e.at - code;
}
