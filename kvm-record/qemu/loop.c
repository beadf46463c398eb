/*
 * Loops without a conditional branch.  See loop.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/loop.h"
#include "kvm-record/qemu/loop-stack.h"

#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>

/* Code without a jump costs that many at each tick of the guest. */
#define MAX_INSTRUCTIONS 24
#define MAX_INSTRUCTION_BYTES 15
#define MAX_RANGE_BYTES 4096
#define STACK_BYTES 64 /* below RSP: what PUSH and CALL write */

/*
 * Places without a loop, and where the words of RETs are there: guests are
 * interrupted at the same ones again and again.  In the upper half of the
 * address space, which is the kernel's, code stays what it is; elsewhere it is
 * compared.
 */
#define KNOWN 64 /* a power of 2 */
struct known_code {
    uint64_t ip, sp;
    size_t bytes; /* one instruction behind the other; 0: not known */
    uint8_t code[48];
    size_t word_count; /* of the kernel's code alone */
    uint64_t words[RR_LOOP_WORDS]; /* linear */
};

/* Of one mode; made anew if the guest's mode is another. */
struct rr_loop_decoder {
    csh handle;
    cs_insn *insn;
    unsigned int code_bits;
    struct known_code known[KNOWN];
};

/* The way through the code. */
struct path {
    const struct rr_loop_guest *guest;
    uint64_t ip;
    struct rr_loop_stack stack;
    struct rr_loop_found *found;
};

static struct rr_loop_decoder *decoder_new(unsigned int code_bits)
{
    cs_mode mode = code_bits == 64   ? CS_MODE_64
                   : code_bits == 32 ? CS_MODE_32
                                     : CS_MODE_16;
    struct rr_loop_decoder *d = calloc(1, sizeof(*d));

    if (!d || cs_open(CS_ARCH_X86, mode, &d->handle) != CS_ERR_OK) {
        free(d);
        return NULL;
    }
    d->code_bits = code_bits;
    cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON);
    d->insn = cs_malloc(d->handle);
    return d;
}

void rr_loop_free(struct rr_loop_decoder *d)
{
    if (d) {
        cs_free(d->insn, 1);
        cs_close(&d->handle);
        free(d);
    }
}

/* The general registers, by their names for each size. */
static const struct {
    uint16_t names[3]; /* of 64, 32 and 16 bits */
    enum rr_reg reg;
} registers[] = {
    { { X86_REG_RAX, X86_REG_EAX, X86_REG_AX }, RR_REG_RAX },
    { { X86_REG_RBX, X86_REG_EBX, X86_REG_BX }, RR_REG_RBX },
    { { X86_REG_RCX, X86_REG_ECX, X86_REG_CX }, RR_REG_RCX },
    { { X86_REG_RDX, X86_REG_EDX, X86_REG_DX }, RR_REG_RDX },
    { { X86_REG_RSI, X86_REG_ESI, X86_REG_SI }, RR_REG_RSI },
    { { X86_REG_RDI, X86_REG_EDI, X86_REG_DI }, RR_REG_RDI },
    { { X86_REG_RSP, X86_REG_ESP, X86_REG_SP }, RR_REG_RSP },
    { { X86_REG_RBP, X86_REG_EBP, X86_REG_BP }, RR_REG_RBP },
    { { X86_REG_R8, X86_REG_R8D, X86_REG_R8W }, RR_REG_R8 },
    { { X86_REG_R9, X86_REG_R9D, X86_REG_R9W }, RR_REG_R9 },
    { { X86_REG_R10, X86_REG_R10D, X86_REG_R10W }, RR_REG_R10 },
    { { X86_REG_R11, X86_REG_R11D, X86_REG_R11W }, RR_REG_R11 },
    { { X86_REG_R12, X86_REG_R12D, X86_REG_R12W }, RR_REG_R12 },
    { { X86_REG_R13, X86_REG_R13D, X86_REG_R13W }, RR_REG_R13 },
    { { X86_REG_R14, X86_REG_R14D, X86_REG_R14W }, RR_REG_R14 },
    { { X86_REG_R15, X86_REG_R15D, X86_REG_R15W }, RR_REG_R15 },
};

/* Its value at the landmark; an instruction of the loop may change it. */
static uint64_t register_value(const struct rr_landmark *lm, x86_reg name)
{
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        for (unsigned int size = 0; size < 3; size++) {
            if (registers[i].names[size] == name) {
                return lm->regs[registers[i].reg] & rr_loop_mask(64 >> size);
            }
        }
    }
    return 0;
}

static bool is_on_stack(x86_reg base)
{
    return base == X86_REG_RSP || base == X86_REG_ESP || base == X86_REG_SP ||
           base == X86_REG_RBP || base == X86_REG_EBP || base == X86_REG_BP;
}

static enum rr_segment segment_of(const x86_op_mem *mem)
{
    switch (mem->segment) {
    case X86_REG_ES:
        return RR_SEGMENT_ES;
    case X86_REG_CS:
        return RR_SEGMENT_CS;
    case X86_REG_SS:
        return RR_SEGMENT_SS;
    case X86_REG_FS:
        return RR_SEGMENT_FS;
    case X86_REG_GS:
        return RR_SEGMENT_GS;
    default:
        return is_on_stack(mem->base) ? RR_SEGMENT_SS : RR_SEGMENT_DS;
    }
}

static void add_range(struct path *p, uint64_t at, size_t bytes)
{
    struct rr_loop_found *f = p->found;

    if (f->range_count < RR_LOOP_RANGES && bytes) {
        f->ranges[f->range_count++] = (struct rr_loop_range) {
            .linear = at,
            .bytes = bytes < MAX_RANGE_BYTES ? bytes : MAX_RANGE_BYTES,
        };
    }
}

/* The operands of @insn in memory; @next_ip: of the instruction behind it. */
static void add_operands(struct path *p, const cs_insn *insn, uint64_t next_ip)
{
    const cs_x86 *x86 = &insn->detail->x86;

    if (insn->id == X86_INS_LEA || insn->id == X86_INS_NOP) {
        return;
    }
    for (uint8_t i = 0; i < x86->op_count; i++) {
        const x86_op_mem *mem = &x86->operands[i].mem;
        uint64_t at;

        if (x86->operands[i].type != X86_OP_MEM) {
            continue;
        }
        at = mem->base == X86_REG_RIP
             ? next_ip : register_value(p->guest->landmark, mem->base);
        at += register_value(p->guest->landmark, mem->index) * mem->scale;
        at = (at + mem->disp) & rr_loop_mask(x86->addr_size * 8);
        add_range(p, rr_loop_linear(p->guest, segment_of(mem), at),
                  x86->operands[i].size);
    }
}

/* What the log has, or what no loop goes on behind. */
static bool is_in_log(const cs_insn *insn)
{
    switch (insn->id) {
    case X86_INS_HLT:
    case X86_INS_IN:
    case X86_INS_INSB:
    case X86_INS_INSW:
    case X86_INS_INSD:
    case X86_INS_OUT:
    case X86_INS_OUTSB:
    case X86_INS_OUTSW:
    case X86_INS_OUTSD:
    case X86_INS_RDTSC:
    case X86_INS_RDTSCP:
    case X86_INS_RDMSR:
    case X86_INS_WRMSR:
    case X86_INS_RDPMC:
    case X86_INS_RDRAND:
    case X86_INS_RDSEED:
        return true;
    default:
        return false;
    }
}

static bool jump_to(struct path *p, const cs_insn *insn)
{
    const cs_x86_op *op = &insn->detail->x86.operands[0];

    if (insn->detail->x86.op_count != 1 || op->type != X86_OP_IMM) {
        return false;
    }
    p->ip = op->imm;
    return true;
}

static bool call(struct path *p, const cs_insn *insn, uint64_t next_ip)
{
    return jump_to(p, insn) && rr_loop_stack_call(&p->stack, next_ip);
}

/* To the instruction that follows @insn; false: to none that is known. */
static bool follow(const struct rr_loop_decoder *d, struct path *p)
{
    const cs_insn *insn = d->insn;
    uint64_t next_ip = p->ip + insn->size;

    add_operands(p, insn, next_ip);
    p->ip = next_ip;
    switch (insn->id) {
    case X86_INS_JMP:
        return jump_to(p, insn);
    case X86_INS_CALL:
        return call(p, insn, next_ip);
    case X86_INS_RET:
        return rr_loop_stack_return(&p->stack, insn, &p->ip);
    default:
        rr_loop_stack_step(&p->stack, insn);
        return true;
    }
}

/* Jcc, JCXZ and LOOPcc are counted; far transfers are not followed. */
static bool ends_search(const struct rr_loop_decoder *d, const cs_insn *insn)
{
    switch (insn->id) {
    case X86_INS_JMP:
    case X86_INS_CALL:
    case X86_INS_RET:
        return false;
    case X86_INS_LOOP:
    case X86_INS_LOOPE:
    case X86_INS_LOOPNE:
        return true;
    default:
        return is_in_log(insn) ||
               cs_insn_group(d->handle, insn, X86_GRP_JUMP) ||
               cs_insn_group(d->handle, insn, X86_GRP_CALL) ||
               cs_insn_group(d->handle, insn, X86_GRP_RET) ||
               cs_insn_group(d->handle, insn, X86_GRP_INT) ||
               cs_insn_group(d->handle, insn, X86_GRP_IRET);
    }
}

static struct known_code *known_at(struct rr_loop_decoder *d, uint64_t ip)
{
    return &d->known[(ip ^ ip >> 6 ^ ip >> 12) & (KNOWN - 1)];
}

static bool is_of_kernel(uint64_t ip)
{
    return ip >> 63;
}

bool rr_loop_is_known(struct rr_loop_decoder *d, const struct rr_landmark *lm)
{
    uint64_t ip = lm->regs[RR_REG_RIP];
    const struct known_code *known = d ? known_at(d, ip) : NULL;

    return known && is_of_kernel(ip) && known->ip == ip &&
           known->sp == lm->regs[RR_REG_RSP] && !known->word_count;
}

/* With this RSP, RETs read the same words as the last time. */
static bool has_known_words(struct rr_loop_decoder *d,
                            const struct rr_loop_guest *g,
                            struct rr_loop_found *found)
{
    uint64_t ip = g->landmark->regs[RR_REG_RIP];
    const struct known_code *known = known_at(d, ip);

    if (!known->word_count || known->ip != ip ||
        known->sp != g->landmark->regs[RR_REG_RSP]) {
        return false;
    }
    found->word_count = known->word_count;
    memcpy(found->words, known->words, sizeof(known->words));
    return true;
}

static size_t read_code(const struct rr_loop_guest *g, uint64_t ip,
                        uint8_t *code, size_t bytes)
{
    uint64_t at = rr_loop_linear(g, RR_SEGMENT_CS, ip);

    return g->read(g->opaque, at, code, bytes);
}

static bool decode(struct rr_loop_decoder *d, const struct path *p)
{
    const struct rr_loop_guest *g = p->guest;
    uint8_t code[MAX_INSTRUCTION_BYTES];
    const uint8_t *at = code;
    uint64_t address = p->ip;
    size_t bytes = read_code(g, p->ip, code, sizeof(code));

    return cs_disasm_iter(d->handle, &at, &bytes, &address, d->insn);
}

static bool is_known(struct rr_loop_decoder *d, const struct rr_loop_guest *g)
{
    uint64_t ip = g->landmark->regs[RR_REG_RIP];
    const struct known_code *known = known_at(d, ip);
    uint8_t code[sizeof(known->code)];

    return known->bytes && known->ip == ip &&
           read_code(g, ip, code, known->bytes) == known->bytes &&
           !memcmp(code, known->code, known->bytes);
}

/*
 * There is no loop.  @end: the search came to it without a jump, and ended
 * there; UINT64_MAX: it did not.
 */
static void remember(struct rr_loop_decoder *d, const struct path *p,
                     uint64_t end)
{
    const struct rr_loop_guest *g = p->guest;
    uint64_t ip = g->landmark->regs[RR_REG_RIP];
    struct known_code *known = known_at(d, ip);

    if (p->found->word_count && !is_of_kernel(ip)) {
        return; /* its code may be another the next time */
    }
    known->ip = ip;
    known->sp = g->landmark->regs[RR_REG_RSP];
    known->bytes = 0;
    known->word_count = p->found->word_count;
    memcpy(known->words, p->found->words, sizeof(known->words));
    if (known->word_count) {
        return;
    }
    if (end - ip <= sizeof(known->code)) {
        known->bytes = read_code(g, ip, known->code, end - ip);
    }
}

/* Follow the code of @p to where it began.  False: it does not come back. */
static bool search(struct rr_loop_decoder *d, struct path *p)
{
    uint64_t begin = p->ip;
    bool is_straight = true;

    for (int i = 0; i < MAX_INSTRUCTIONS; i++) {
        uint64_t next_ip;

        if (!decode(d, p)) {
            return false;
        }
        next_ip = p->ip + d->insn->size;
        if (ends_search(d, d->insn) || !follow(d, p)) {
            /* Where RET goes to depends on the stack. */
            bool is_fixed = is_straight && d->insn->id != X86_INS_RET;

            remember(d, p, is_fixed ? next_ip : UINT64_MAX);
            return false;
        }
        is_straight = is_straight && p->ip == next_ip;
        p->ip &= rr_loop_mask(p->guest->code_bits);
        if (p->ip == begin) {
            return true;
        }
    }
    remember(d, p, UINT64_MAX);
    return false;
}

void rr_loop_find(struct rr_loop_decoder **decoder,
                  const struct rr_loop_guest *guest,
                  struct rr_loop_found *found)
{
    const uint64_t *regs = guest->landmark->regs;
    struct path p = {
        .guest = guest, .ip = regs[RR_REG_RIP], .found = found,
    };

    found->range_count = found->word_count = 0;
    rr_loop_stack_begin(&p.stack, guest, found);
    if (!*decoder || (*decoder)->code_bits != guest->code_bits) {
        rr_loop_free(*decoder);
        *decoder = decoder_new(guest->code_bits);
    }
    if (!*decoder || has_known_words(*decoder, guest, found) ||
        is_known(*decoder, guest)) {
        return;
    }
    if (!search(*decoder, &p)) {
        found->range_count = 0;
    } else if (p.stack.is_used) {
        uint64_t sp = (regs[RR_REG_RSP] - STACK_BYTES) &
                      rr_loop_mask(guest->code_bits);

        add_range(&p, rr_loop_linear(guest, RR_SEGMENT_SS, sp), STACK_BYTES);
    }
}
