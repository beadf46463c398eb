/*
 * Generates instructions: chooses mode, width, prefixes and operands of a form,
 * and encodes it (SDM vol. 2, chapter 2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "tests/silicon/insn.h"

/* Of the row's words, these may be used by registers. */
#define ROW_WORDS 32

/* The choices for one instruction, before it is encoded. */
struct choice {
	const struct form *f;
	uint64_t *state;
	bool vex, wide_vex; /* VEX; of 256 bits */
	bool mem; /* ModRM.rm is memory */
	bool rep, lock, w, mmx;
	unsigned int width; /* log2 of the bytes of a general operand */
	unsigned int reg, rm, vvvv; /* numbers of registers */
	unsigned int base, index, scale, is4;
	bool has_base, has_index, address_32;
	int32_t disp;
	uint32_t address; /* of the memory operand */
};

static void put(struct insn *i, unsigned int byte)
{
	i->bytes[i->length++] = byte;
}

static void put_le(struct insn *i, uint64_t value, unsigned int bytes)
{
	while (bytes--) {
		put(i, value & 0xff);
		value >>= 8;
	}
}

static bool chance(struct choice *c, unsigned int one_in)
{
	return pick(c->state, one_in) == 0;
}

static bool has(uint64_t features, enum feature f)
{
	return features >> f & 1;
}

/* RSP, R13, R14 and R15 are the program's. */
static unsigned int pick_gpr(struct choice *c, enum mode mode)
{
	static const uint8_t gprs[] = { RAX, RCX, RDX, RBX, RBP, RSI,
					RDI, 8,	  9,   10,  11,	 12 };

	return gprs[pick(c->state, mode == MODE_64 ? 12 : 7)];
}

/* A register for an address is no implicit operand of anything. */
static unsigned int pick_base(struct choice *c, enum mode mode)
{
	static const uint8_t bases[] = { RBX, RBP, RSI, RDI, 8, 9, 10, 11, 12 };

	return bases[pick(c->state, mode == MODE_64 ? 9 : 4)];
}

static void load(struct insn *i, unsigned int reg, enum load how,
		 uint64_t constant)
{
	i->gpr[reg].how = how;
	i->gpr[reg].constant = constant;
}

/* ---- choices ----------------------------------------------------------- */

static bool choose_encoding(struct choice *c, uint64_t features)
{
	bool legacy = has(features, c->f->legacy);
	bool v128 = has(features, c->f->vex128);
	bool v256 = has(features, c->f->vex256);

	if (!legacy && !v128 && !v256)
		return false;
	switch (pick(c->state, 3)) {
	case 0:
		c->vex = !legacy;
		break;
	case 1:
		c->vex = v128 || !legacy;
		break;
	default:
		c->vex = v128 || v256;
		break;
	}
	if (c->vex)
		c->wide_vex = v256 && (!v128 || chance(c, 2));
	c->mmx = !c->vex && c->f->flags & F_MMX && chance(c, 4);
	return true;
}

/* False: the form is of a mode that the system does not have. */
static bool choose_mode(struct choice *c, struct insn *i, uint64_t features)
{
	bool has_segments = has(features, SEGMENTS);

	i->mode = MODE_64;
	if (c->f->flags & F_NO64 || (has_segments && chance(c, 12)))
		i->mode = chance(c, 3) ? MODE_16 : MODE_32;
	return i->mode == MODE_64 || has_segments;
}

static void choose_width(struct choice *c, struct insn *i)
{
	uint64_t flags = c->f->flags;

	if (flags & F_BYTE)
		c->width = 0;
	else if (flags & F_WIDE)
		c->width = 1 + pick(c->state, i->mode == MODE_64 ? 3 : 2);
	else
		c->width = 2;
	c->w = flags & F_W && i->mode == MODE_64 && chance(c, 2);
	if (flags & F_W && flags & F_GVEX && i->mode != MODE_64)
		c->w = false;
	if (flags & F_W1)
		c->w = true;
	if (c->width == 3)
		c->w = true;
	/* PUSH and POP have no operands of 32 bits in 64-bit code. */
	if (flags & F_STACK && i->mode == MODE_64 && c->width == 2)
		c->width = 3;
	if (!(flags & (F_W | F_W0 | F_W1 | F_WIDE)) && c->vex)
		c->w = i->mode == MODE_64 && chance(c, 4);
}

static unsigned int alignment(struct choice *c, struct insn *i)
{
	if (c->f->flags & F_ALIGN || (i->has_vectors && !c->vex && !c->mmx))
		return chance(c, 16) ? 1 : c->wide_vex ? 32 : 16;
	return chance(c, 2) ? 8 : 1;
}

/* The operand ends a page, or is cut by its end: behind it there is nothing. */
static void choose_end(struct choice *c, struct insn *i, uint32_t mem)
{
	unsigned int bytes = c->f->flags & F_GATHER ? 160 :
			     i->has_vectors	    ? 40 :
						      20;

	i->ends_page = true;
	c->address = mem + PAGE_BYTES - 1 - pick(c->state, bytes);
	c->address &= -alignment(c, i);
}

/* Where the operand is: somewhere in MEM_BYTES, at times across a page. */
static void choose_address(struct choice *c, struct insn *i, uint32_t mem)
{
	unsigned int step = alignment(c, i), offset = pick(c->state, 16);

	i->mem_words = i->has_vectors ? 8 : i->is_x87 ? 4 : 3;
	if (i->has_vectors)
		offset = pick(c->state, 32);
	if (c->f->flags & F_BITS) {
		i->mem_words = 12;
		offset += 32;
	}
	if (c->f->flags & F_GATHER) {
		i->mem_words = MEM_WORDS;
		offset = 160 + pick(c->state, 32);
	}
	if (chance(c, 8)) {
		choose_end(c, i, mem);
		return;
	}
	i->crosses_page = chance(c, 8);
	c->address = mem + offset / step * step;
	if (i->crosses_page)
		c->address -= i->mem_words / 2 * 8;
}

static void choose_memory(struct choice *c, struct insn *i, uint32_t mem)
{
	unsigned int kind = pick(c->state, 8);
	uint64_t index = (int64_t)pick(c->state, 64) - 32;

	choose_address(c, i, mem);
	c->address_32 = i->mode == MODE_16 ||
			(i->mode == MODE_64 && chance(c, 12));
	c->has_base = kind != 0;
	c->has_index = c->f->flags & F_GATHER || kind >= 6;
	c->base = pick_base(c, i->mode);
	while (!(c->f->flags & F_GATHER)) {
		c->index = pick_base(c, i->mode);
		if (c->index != c->base)
			break;
	}
	c->scale = pick(c->state, 4);
	if (!c->has_base) {
		c->disp = c->address;
		if (c->has_index && !(c->f->flags & F_GATHER))
			c->disp -= index << c->scale;
	} else {
		c->disp = chance(c, 2) ?
				  (int8_t)pick(c->state, 256) :
				  (int32_t)pick(c->state, 1 << 30) - (1 << 29);
	}
	if (c->has_base) {
		uint64_t base = (int64_t)c->address - c->disp;

		if (c->has_index && !(c->f->flags & F_GATHER))
			base -= index << c->scale;
		/* Garbage above 32 bits, which the address does not have. */
		if (c->address_32)
			base = (uint32_t)base |
			       (uint64_t)pick(c->state, 1 << 30) << 32;
		load(i, c->base, LOAD_CONST, base);
	}
	if (c->has_index && !(c->f->flags & F_GATHER))
		load(i, c->index, LOAD_CONST, index);
}

static void choose_string(struct choice *c, struct insn *i, uint32_t mem)
{
	i->mem_words = MEM_WORDS;
	i->sets_df = true;
	c->address_32 = i->mode == MODE_16;
	c->rep = chance(c, 4) ? false : true;
	i->ends_page = chance(c, 8);
	if (i->ends_page)
		mem += PAGE_BYTES - 224;
	load(i, RSI, LOAD_CONST, mem + 96 + pick(c->state, 16));
	load(i, RDI, LOAD_CONST,
	     mem + (i->ends_page ? 192 : 224) + pick(c->state, 32));
	load(i, RCX, LOAD_SMALL, 0);
}

static void choose_divide(struct choice *c, struct insn *i)
{
	static const enum load how[] = { LOAD_ZX8, LOAD_SX8, LOAD_WORD,
					 LOAD_ZX16 };

	if (c->width)
		i->gpr[RDX].how = how[pick(c->state, 3)];
	else
		i->gpr[RAX].how = how[pick(c->state, 4)];
}

/* CMPXCHG finds its memory equal half of the time. */
static void choose_compare(struct choice *c, struct insn *i)
{
	bool is_pair = c->f->map == MAP_0F && c->f->op == 0xc7;

	if (!c->mem || c->f->map != MAP_0F || chance(c, 2) ||
	    !(is_pair || c->f->op == 0xb0 || c->f->op == 0xb1))
		return;
	i->gpr[RAX].offset = i->mem_offset;
	if (is_pair)
		i->gpr[RDX].offset = i->mem_offset + (c->w ? 8 : 4);
}

static void load_all_gprs(struct choice *c, struct insn *i)
{
	unsigned int r;

	for (r = 0; r < (i->mode == MODE_64 ? 13 : 8); r++)
		if (r != RSP) {
			i->gpr[r].how = LOAD_WORD;
			i->gpr[r].offset = pick(c->state, ROW_WORDS) * 8;
		}
}

static void choose_vectors(struct choice *c, struct insn *i)
{
	unsigned int n = i->mode == MODE_64 && !c->mmx ? 16 : 8;
	uint64_t flags = c->f->flags;

	if (flags & F_GREG)
		c->reg = pick_gpr(c, i->mode);
	else
		c->reg = pick(c->state, n);
	if (flags & F_GRM)
		c->rm = pick_gpr(c, i->mode);
	else
		c->rm = pick(c->state, n);
	c->vvvv = pick(c->state, n);
	c->is4 = pick(c->state, n);
	if (flags & F_GATHER) {
		/* The three must differ (SDM, VGATHERDPS: #UD). */
		c->vvvv = (c->reg + 1 + pick(c->state, n - 2)) % n;
		do
			c->index = pick(c->state, n);
		while (c->index == c->reg || c->index == c->vvvv);
		i->gather_index = c->index;
		i->gather_of_64 = c->f->op & 1;
		i->vectors |= 1u << c->index;
	}
	if (!(flags & F_GREG))
		i->vectors |= 1u << c->reg;
	if (!(flags & F_GRM) && !c->mem)
		i->vectors |= 1u << c->rm;
	i->vectors |= 1u << c->vvvv | 1u << pick(c->state, n);
	if (flags & F_IS4)
		i->vectors |= 1u << c->is4;
	if (flags & F_XMM0)
		i->vectors |= 1;
}

static void choose_general(struct choice *c, struct insn *i)
{
	c->reg = pick_gpr(c, i->mode);
	c->rm = pick_gpr(c, i->mode);
	c->vvvv = pick_gpr(c, i->mode);
	/* ST(0) to ST(7), those in use more often. */
	if (c->f->flags & F_X87)
		c->rm = pick(c->state, chance(c, 4) ? 8 : 3);
	/* AH to BH, or SPL to DIL with REX; SPL is not for us. */
	if (c->width == 0 && c->f->map == ONE_BYTE) {
		c->reg = chance(c, 4) ? 4 + pick(c->state, 4) : c->reg;
		c->rm = chance(c, 4) ? 4 + pick(c->state, 4) : c->rm;
	}
}

/* ---- encoding ---------------------------------------------------------- */

static unsigned int modrm_reg(const struct choice *c)
{
	return c->f->flags & F_DIGIT ? c->f->digit : c->reg;
}

static bool has_modrm(const struct choice *c)
{
	return c->f->flags & (F_MODRM | F_DIGIT);
}

/* R, X and B, as in REX: 4, 2, 1. */
static unsigned int extension(const struct choice *c)
{
	unsigned int bits = 0;

	if (c->f->flags & F_OPREG)
		return c->rm >> 3;
	if (!has_modrm(c))
		return 0;
	if (!(c->f->flags & F_DIGIT))
		bits |= (c->reg >> 3) << 2;
	if (!c->mem)
		return bits | c->rm >> 3;
	if (c->has_base)
		bits |= c->base >> 3;
	if (c->has_index)
		bits |= (c->index >> 3) << 1;
	return bits;
}

static void put_modrm(struct choice *c, struct insn *i)
{
	unsigned int reg = (modrm_reg(c) & 7) << 3;
	bool short_disp = c->disp == (int8_t)c->disp;
	unsigned int mod = !c->has_base ? 0 : short_disp ? 0x40 : 0x80;

	if (c->f->digit >= 0xc0) {
		put(i, c->f->digit);
		return;
	}
	if (!c->mem) {
		put(i, 0xc0 | reg | (c->rm & 7));
		return;
	}
	if (c->has_base && !c->has_index && (c->base & 7) != RSP) {
		put(i, mod | reg | (c->base & 7));
	} else {
		put(i, mod | reg | 4);
		put(i, (c->has_index ? c->scale << 6 | (c->index & 7) << 3 :
				       4 << 3) |
			       (c->has_base ? c->base & 7 : 5));
	}
	put_le(i, c->disp, mod == 0x40 ? 1 : 4);
}

static void put_immediate(struct choice *c, struct insn *i)
{
	static const uint32_t edges[] = { 0,	     1,		 0x7f,
					  0x80,	     0xff,	 0x7fff,
					  0x8000,    0x7fffffff, 0x80000000,
					  0xffffffff };
	unsigned int bytes = c->width == 1 ? 2 : 4;
	uint64_t value = (uint64_t)pick(c->state, 1u << 31) << 17 ^
			 (uint64_t)pick(c->state, 1u << 31) << 40 ^
			 pick(c->state, 1u << 31);

	if (chance(c, 2))
		value = edges[pick(c->state, 10)];
	if (c->f->flags & F_IS4)
		value = (value & 15) | c->is4 << 4;
	if (c->f->flags & F_IMM8)
		put(i, value & 0xff);
	else if (c->f->flags & F_IMMZ)
		put_le(i, value, bytes);
	else if (c->f->flags & F_IMM64)
		put_le(i, value, c->width == 3 ? 8 : bytes);
}

static void put_vex(struct choice *c, struct insn *i)
{
	unsigned int ext = extension(c), pp = c->f->prefix;
	unsigned int vvvv = c->f->flags & F_VVVV ? c->vvvv : 0;
	unsigned int last;

	last = (c->w ? 0x80 : 0) | (~vvvv & 15) << 3 | c->wide_vex << 2 | pp;
	if (c->f->map == MAP_0F && !c->w && !(ext & 3) && chance(c, 2)) {
		put(i, 0xc5);
		put(i, (last & 0x7f) | (ext & 4 ? 0 : 0x80));
		return;
	}
	put(i, 0xc4);
	put(i, (~ext & 7) << 5 | c->f->map);
	put(i, last);
}

/* True if a byte operand is one that only REX makes. */
static bool needs_rex(const struct choice *c)
{
	/* MOVZX and its like, SETcc, CRC32: avoid AH to BH and SPL here. */
	bool byte_rm = c->f->map == MAP_0F &&
		       (c->f->op == 0xb6 || c->f->op == 0xbe);

	return (c->width == 0 || byte_rm) && c->f->map != ONE_BYTE && !c->mem &&
	       c->rm >= 4;
}

static void put_legacy(struct choice *c, struct insn *i)
{
	static const uint8_t mandatory[] = { 0, 0x66, 0xf3, 0xf2 };
	unsigned int rex = extension(c) | (c->w ? 8 : 0);
	bool size = c->f->flags & F_WIDE &&
		    (i->mode == MODE_16 ? c->width == 2 : c->width == 1);

	/* REX before another prefix is ignored (SDM vol. 2, 2.2.1). */
	if ((c->rep || size || c->lock || (c->f->prefix && !c->mmx)) &&
	    i->mode == MODE_64 && chance(c, 16))
		put(i, 0x40 | pick(c->state, 16));
	if (c->rep)
		put(i, 0xf2 + pick(c->state, 2));
	if (size)
		put(i, 0x66);
	if (c->lock)
		put(i, 0xf0);
	if (mandatory[c->f->prefix] && !c->mmx)
		put(i, mandatory[c->f->prefix]);
	if (i->mode == MODE_64 &&
	    (rex || needs_rex(c) || (c->width == 0 && chance(c, 4))))
		put(i, 0x40 | rex);
	if (c->f->map != ONE_BYTE)
		put(i, 0x0f);
	if (c->f->map >= MAP_0F38)
		put(i, c->f->map == MAP_0F38 ? 0x38 : 0x3a);
}

static void encode(struct choice *c, struct insn *i)
{
	if (c->address_32)
		put(i, 0x67);
	if (c->vex)
		put_vex(c, i);
	else
		put_legacy(c, i);
	put(i, c->f->op + (c->f->flags & F_OPREG ? c->rm & 7 : 0));
	if (has_modrm(c))
		put_modrm(c, i);
	put_immediate(c, i);
	/* Jump over MOV BL, 85. */
	if (c->f->flags & F_JUMP)
		put_le(i, 0x55b302, 3);
}

/* SPL, and a stack pointer that the instruction would not leave alone. */
static bool touches_rsp(const struct choice *c, const struct insn *i)
{
	unsigned int byte;

	if (c->f->flags & F_STACK)
		return false;
	if (c->width != 0 || c->vex || c->f->flags & (F_GREG | F_GRM))
		return false;
	for (byte = 0; byte + 1 < i->length; byte++)
		if ((i->bytes[byte] & 0xf0) == 0x40)
			break;
	if (i->mode != MODE_64 || byte + 1 >= i->length)
		return false;
	return (c->reg == RSP && !(c->f->flags & F_DIGIT)) ||
	       (c->rm == RSP && !c->mem);
}

static void choose_operands(struct choice *c, struct insn *i, uint32_t mem)
{
	uint64_t flags = c->f->flags;
	bool reg_only = flags & F_REG, mem_only = flags & F_MEM;

	i->mem_offset = pick(c->state, ROW_WORDS) * 8;
	load_all_gprs(c, i);
	if (has_modrm(c) && !reg_only)
		c->mem = mem_only || chance(c, 2);
	c->lock = c->mem && flags & F_LOCKABLE && chance(c, 3);
	if (i->has_vectors)
		choose_vectors(c, i);
	else
		choose_general(c, i);
	if (c->mem)
		choose_memory(c, i, mem);
	if (flags & F_STRING)
		choose_string(c, i, mem);
	if (flags & F_DIVIDE)
		choose_divide(c, i);
	if (flags & F_JUMP && c->f->op >= 0xe0)
		load(i, RCX, LOAD_SMALL, 0);
	if (flags & F_BITS && c->mem)
		i->gpr[c->reg].how = LOAD_SX8;
	if (flags & F_STACK) {
		i->uses_stack = true;
		i->mem_words = 16;
		load(i, RSP, LOAD_CONST, mem + 64 - pick(c->state, 9));
	}
	if (flags & F_RDI) {
		i->mem_words = 8;
		c->address_32 = i->mode == MODE_16;
		i->ends_page = chance(c, 8);
		if (i->ends_page)
			mem += PAGE_BYTES - 32;
		load(i, RDI, LOAD_CONST, mem + pick(c->state, 32));
	}
	choose_compare(c, i);
}

bool insn_generate(struct insn *i, const struct form *f, uint64_t features,
		   uint64_t *state, uint32_t mem)
{
	struct choice c = { .f = f, .state = state };

	memset(i, 0, sizeof(*i));
	i->form = f;
	i->gather_index = -1;
	if (!choose_encoding(&c, features))
		return false;
	i->has_vectors =
		f->flags & F_X87 ?
			false :
			f->kind != INT ||
				(f->legacy >= SSE && f->legacy != POPCNT &&
				 !(f->flags & (F_WIDE | F_BYTE)) &&
				 f->legacy != ADX && f->legacy != MOVBE) ||
				(f->vex128 >= AVX || f->vex256 >= AVX);
	i->is_x87 = f->flags & F_X87;
	i->is_mmx = c.mmx;
	i->has_avx = features >> AVX & 1;
	i->has_mxcsr = !i->is_x87 && (f->kind == F16 || f->kind == F32 ||
				      f->kind == F64 || f->kind == MXINT);
	i->sets_df = f->flags & F_DF;
	if (!choose_mode(&c, i, features))
		return false;
	i->is_limited = i->mode != MODE_64 && chance(&c, 2);
	choose_width(&c, i);
	choose_operands(&c, i, mem);
	encode(&c, i);
	return !touches_rsp(&c, i);
}
