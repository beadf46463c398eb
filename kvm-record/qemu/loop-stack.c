/*
 * Where RSP goes.  See loop-stack.h.
 *
 * RET of a return thunk reads what another instruction than its own function's
 * CALL has put there (call 1f; 1: lea 8(%rsp), %rsp; ret), so calls are kept
 * with the place of their return address, and RSP is followed through what
 * compilers make of prologues and epilogues.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/loop-stack.h"

#define OPERAND_SIZE 0x66 /* the prefix */

void rr_loop_stack_begin(struct rr_loop_stack *s,
                         const struct rr_loop_guest *guest,
                         struct rr_loop_found *found)
{
    *s = (struct rr_loop_stack) {
        .guest = guest,
        .found = found,
        .bp = guest->landmark->regs[RR_REG_RBP],
        .sp_is_known = true,
        .bp_is_known = true,
    };
}

static bool has_operand_size(const cs_insn *insn)
{
    return insn->detail->x86.prefix[2] == OPERAND_SIZE;
}

/* Of what PUSH and POP move. */
static int64_t size_of_item(const struct rr_loop_stack *s, const cs_insn *insn)
{
    if (has_operand_size(insn)) {
        return s->guest->code_bits == 16 ? 4 : 2;
    }
    return s->guest->code_bits / 8;
}

static uint64_t linear_sp(const struct rr_loop_stack *s)
{
    uint64_t sp = s->guest->landmark->regs[RR_REG_RSP] + (uint64_t)s->sp;

    return rr_loop_linear(s->guest, RR_SEGMENT_SS,
                          sp & rr_loop_mask(s->guest->code_bits));
}

/* What was at RSP at the landmark. */
static bool read_word(const struct rr_loop_stack *s, uint64_t *value)
{
    const struct rr_loop_guest *g = s->guest;
    size_t bytes = g->code_bits / 8;
    uint8_t data[8];

    if (!s->sp_is_known || s->sp < 0 ||
        g->read(g->opaque, linear_sp(s), data, bytes) != bytes) {
        return false;
    }
    *value = 0;
    while (bytes--) {
        *value = *value << 8 | data[bytes];
    }
    return true;
}

bool rr_loop_stack_call(struct rr_loop_stack *s, uint64_t next_ip)
{
    if (s->depth == RR_LOOP_CALLS) {
        return false;
    }
    s->sp -= s->guest->code_bits / 8;
    s->calls[s->depth].ip = next_ip;
    s->calls[s->depth++].sp = s->sp;
    s->is_used = true;
    return true;
}

static bool return_address(struct rr_loop_stack *s, uint64_t *ip)
{
    while (s->depth && s->calls[s->depth - 1].sp < s->sp) {
        s->depth--; /* its return address was dropped */
    }
    if (s->depth && s->calls[s->depth - 1].sp == s->sp) {
        *ip = s->calls[--s->depth].ip;
        return true;
    }
    if (!read_word(s, ip)) {
        return false;
    }
    if (s->found->word_count < RR_LOOP_WORDS) {
        s->found->words[s->found->word_count++] = linear_sp(s);
    }
    return true;
}

bool rr_loop_stack_return(struct rr_loop_stack *s, const cs_insn *insn,
                          uint64_t *ip)
{
    const cs_x86 *x86 = &insn->detail->x86;

    if (!s->sp_is_known || has_operand_size(insn) || !return_address(s, ip)) {
        return false;
    }
    s->sp += s->guest->code_bits / 8;
    if (x86->op_count) {
        s->sp += x86->operands[0].imm & 0xffff;
    }
    return true;
}

static bool is_sp(unsigned int reg)
{
    return reg == X86_REG_RSP || reg == X86_REG_ESP || reg == X86_REG_SP;
}

static bool is_bp(unsigned int reg)
{
    return reg == X86_REG_RBP || reg == X86_REG_EBP || reg == X86_REG_BP;
}

static void pop_bp(struct rr_loop_stack *s, int64_t bytes)
{
    s->bp_is_known = read_word(s, &s->bp);
    s->sp += bytes;
}

/* MOV RSP, RBP */
static void sp_from_bp(struct rr_loop_stack *s)
{
    s->sp = (int64_t)(s->bp - s->guest->landmark->regs[RR_REG_RSP]);
    s->sp_is_known = s->bp_is_known;
}

/* RSP is the first operand.  False: not of a form that is known here. */
static bool set_sp(struct rr_loop_stack *s, const cs_insn *insn)
{
    const cs_x86_op *op = &insn->detail->x86.operands[1];
    const x86_op_mem *mem = &op->mem;

    if (insn->id == X86_INS_ADD && op->type == X86_OP_IMM) {
        s->sp += op->imm;
        return true;
    }
    if (insn->id == X86_INS_SUB && op->type == X86_OP_IMM) {
        s->sp -= op->imm;
        return true;
    }
    if (insn->id == X86_INS_LEA && is_sp(mem->base) &&
        mem->index == X86_REG_INVALID) {
        s->sp += mem->disp;
        return true;
    }
    if (insn->id == X86_INS_MOV && op->type == X86_OP_REG && is_bp(op->reg)) {
        sp_from_bp(s);
        return true;
    }
    return false;
}

/* What is not followed is not known from here on. */
static void forget_written(struct rr_loop_stack *s, const cs_insn *insn)
{
    const cs_detail *detail = insn->detail;

    for (size_t i = 0; i < detail->regs_write_count; i++) {
        s->sp_is_known = s->sp_is_known && !is_sp(detail->regs_write[i]);
        s->bp_is_known = s->bp_is_known && !is_bp(detail->regs_write[i]);
    }
    for (size_t i = 0; i < detail->x86.op_count; i++) {
        const cs_x86_op *op = &detail->x86.operands[i];

        if (op->type == X86_OP_REG && op->access & CS_AC_WRITE) {
            s->sp_is_known = s->sp_is_known && !is_sp(op->reg);
            s->bp_is_known = s->bp_is_known && !is_bp(op->reg);
        }
    }
}

/* False: not of the ones that are followed. */
static bool step(struct rr_loop_stack *s, const cs_insn *insn)
{
    const cs_x86_op *op = &insn->detail->x86.operands[0];
    bool is_of_register = insn->detail->x86.op_count && op->type == X86_OP_REG;
    int64_t bytes = size_of_item(s, insn);

    switch (insn->id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHF:
    case X86_INS_PUSHFD:
    case X86_INS_PUSHFQ:
        s->sp -= bytes;
        s->is_used = true;
        return true;
    case X86_INS_POP:
        if (is_of_register && is_sp(op->reg)) {
            return false;
        }
        if (is_of_register && is_bp(op->reg)) {
            pop_bp(s, bytes);
            return true;
        }
        s->sp += bytes;
        return true;
    case X86_INS_POPF:
    case X86_INS_POPFD:
    case X86_INS_POPFQ:
        s->sp += bytes;
        return true;
    case X86_INS_LEAVE:
        sp_from_bp(s);
        pop_bp(s, bytes);
        return true;
    default:
        return is_of_register && is_sp(op->reg) && set_sp(s, insn);
    }
}

void rr_loop_stack_step(struct rr_loop_stack *s, const cs_insn *insn)
{
    if (!step(s, insn)) {
        forget_written(s, insn);
    }
}
