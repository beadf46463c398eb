/*
 * CPU state to and from a trace.
 *
 * Not part of it: x87 FOP/FIP/FDP (an XSAVE of the host between two
 * guest entries loses them on AMD, APM vol. 2, 11.5.7), XSTATE_BV (hidden
 * hardware state), hidden parts of unusable segments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "system/tcg.h"
#include "tcg/helper-tcg.h"
#include "common/core/cpu-state.h"

/* Descriptor bits that both KVM and TCG keep in a segment cache. */
#define RR_SEG_FLAGS (DESC_TYPE_MASK | DESC_S_MASK | (3 << DESC_DPL_SHIFT) | \
                      DESC_P_MASK | DESC_AVL_MASK | DESC_L_MASK |            \
                      DESC_B_MASK | DESC_G_MASK)

static const int register_index[RR_REG_COUNT] = {
    [RR_REG_RAX] = R_EAX, [RR_REG_RBX] = R_EBX, [RR_REG_RCX] = R_ECX,
    [RR_REG_RDX] = R_EDX, [RR_REG_RSI] = R_ESI, [RR_REG_RDI] = R_EDI,
    [RR_REG_RSP] = R_ESP, [RR_REG_RBP] = R_EBP, [RR_REG_R8] = R_R8,
    [RR_REG_R9] = R_R9, [RR_REG_R10] = R_R10, [RR_REG_R11] = R_R11,
    [RR_REG_R12] = R_R12, [RR_REG_R13] = R_R13, [RR_REG_R14] = R_R14,
    [RR_REG_R15] = R_R15,
};

static const char *const segment_name[] = {
    "es", "cs", "ss", "ds", "fs", "gs", "ldt", "tr",
};

/* A pass over all entries of a state; @u64 is called for each. */
typedef struct Visitor {
    void (*u64)(struct Visitor *v, const char *name, int index, uint64_t *p);
    RRCPUState *state;
    uint32_t pos;
    uint32_t wanted;
    char *name;
} StateVisitor;

/* Copies, of 64 bits each, of values that env has in other types. */
typedef struct Image {
    uint64_t regs[RR_REG_COUNT];
    struct {
        uint64_t selector, base, limit, flags;
    } seg[8];
    uint64_t gdt[2], idt[2];
    uint64_t cr[5], efer, xcr0;
    uint64_t msr[11];
    uint64_t dr[8];
    uint64_t fpu_control, fpu_status, fpu_empty, mxcsr;
    uint64_t st[8][2];
    uint64_t ymm[16][4];
    uint64_t flags; /* bit 0: interrupt shadow, bit 1: NMI blocked */
} Image;

static void visit_array(StateVisitor *v, const char *name, uint64_t *p, int n)
{
    for (int i = 0; i < n; i++) {
        v->u64(v, name, i, &p[i]);
    }
}

static void visit_image(StateVisitor *v, Image *im)
{
    for (int i = 0; i < RR_REG_COUNT; i++) {
        v->u64(v, rr_reg_name(i), -1, &im->regs[i]);
    }
    for (int i = 0; i < 8; i++) {
        v->u64(v, segment_name[i], -1, &im->seg[i].selector);
        v->u64(v, segment_name[i], 1, &im->seg[i].base);
        v->u64(v, segment_name[i], 2, &im->seg[i].limit);
        v->u64(v, segment_name[i], 3, &im->seg[i].flags);
    }
    visit_array(v, "gdtr", im->gdt, 2);
    visit_array(v, "idtr", im->idt, 2);
    visit_array(v, "cr", im->cr, 5);
    v->u64(v, "efer", -1, &im->efer);
    v->u64(v, "xcr0", -1, &im->xcr0);
    visit_array(v, "msr", im->msr, ARRAY_SIZE(im->msr));
    visit_array(v, "dr", im->dr, 8);
    v->u64(v, "fpu_control", -1, &im->fpu_control);
    v->u64(v, "fpu_status", -1, &im->fpu_status);
    v->u64(v, "fpu_empty", -1, &im->fpu_empty);
    v->u64(v, "mxcsr", -1, &im->mxcsr);
    visit_array(v, "st", &im->st[0][0], 16);
    visit_array(v, "ymm", &im->ymm[0][0], 64);
    v->u64(v, "flags", -1, &im->flags);
}

static uint64_t *env_msr(CPUX86State *env, int i)
{
    uint64_t *const msr[] = {
        &env->star, &env->lstar, &env->cstar, &env->fmask,
        &env->kernelgsbase, &env->sysenter_esp, &env->sysenter_eip,
        &env->pat, &env->tsc_aux,
    };

    return i < ARRAY_SIZE(msr) ? msr[i] : NULL;
}

static void segment_to_image(CPUX86State *env, int i, Image *im)
{
    const SegmentCache *s = i == 6 ? &env->ldt : i == 7 ? &env->tr
                                               : &env->segs[i];
    uint32_t flags = s->flags & RR_SEG_FLAGS;
    bool unusable = !(flags & DESC_P_MASK) ||
                    ((env->cr[0] & CR0_PE_MASK) && !(env->eflags & VM_MASK) &&
                     i != R_CS && i != 7 && (s->selector & 0xfffc) == 0);
    bool has_base = !unusable ||
                    ((i == R_FS || i == R_GS) && (env->efer & MSR_EFER_LMA));

    if (i == 7 && !unusable) {
        /* KVM shows the busy bit, TCG what LTR found in memory. */
        flags |= DESC_TSS_BUSY_MASK;
    }
    im->seg[i].selector = s->selector;
    im->seg[i].base = has_base ? s->base : 0;
    im->seg[i].limit = unusable ? 0 : s->limit;
    /* The CPL is in SS even when it is unusable (64-bit mode). */
    im->seg[i].flags = unusable && i != R_SS ? 0 :
                       unusable ? flags & (3 << DESC_DPL_SHIFT) : flags;
}

static uint64_t env_rflags(CPUX86State *env)
{
    return tcg_enabled() ? cpu_compute_eflags(env) : env->eflags;
}

void rr_landmark_from_env(CPUX86State *env, struct rr_landmark *lm)
{
    for (int i = 0; i < RR_REG_RIP; i++) {
        lm->regs[i] = env->regs[register_index[i]];
    }
    lm->regs[RR_REG_RIP] = env->eip;
    lm->regs[RR_REG_RFLAGS] = env_rflags(env) & ~RR_RFLAGS_IGNORED;
}

static void env_to_image(CPUX86State *env, Image *im)
{
    struct rr_landmark lm;

    memset(im, 0, sizeof(*im));
    rr_landmark_from_env(env, &lm);
    memcpy(im->regs, lm.regs, sizeof(im->regs));
    for (int i = 0; i < 8; i++) {
        segment_to_image(env, i, im);
    }
    im->gdt[0] = env->gdt.base;
    im->gdt[1] = env->gdt.limit;
    im->idt[0] = env->idt.base;
    im->idt[1] = env->idt.limit;
    for (int i = 0; i < 5; i++) {
        im->cr[i] = env->cr[i];
    }
    im->efer = env->efer;
    im->xcr0 = env->xcr0;
    for (int i = 0; env_msr(env, i); i++) {
        im->msr[i] = *env_msr(env, i);
    }
    im->msr[9] = env->sysenter_cs;
    if (IS_AMD_CPU(env)) {
        /*
         * 32 bits wide on AMD (APM vol. 2, 6.1.2).  KVM cuts them when asked,
         * the guest's own writes go past it and TCG keeps all 64.
         */
        im->msr[5] = (uint32_t)im->msr[5];
        im->msr[6] = (uint32_t)im->msr[6];
    }
    for (int i = 0; i < 8; i++) {
        im->dr[i] = i == 4 || i == 5 ? 0 : env->dr[i];
    }
    im->fpu_control = env->fpuc;
    im->fpu_status = (env->fpus & ~0x3800) | (env->fpstt & 7) << 11;
    im->mxcsr = env->mxcsr;
    for (int i = 0; i < 8; i++) {
        im->fpu_empty |= (uint64_t)(env->fptags[i] & 1) << i;
        im->st[i][0] = env->fpregs[i].d.low;
        im->st[i][1] = env->fpregs[i].d.high;
    }
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 4; j++) {
            im->ymm[i][j] = env->xmm_regs[i].ZMM_Q(j);
        }
    }
    im->flags = (env->hflags & HF_INHIBIT_IRQ_MASK ? 1 : 0) |
                (env->hflags2 & HF2_NMI_MASK ? 2 : 0);
}

static void store_u64(StateVisitor *v, const char *name, int i, uint64_t *p)
{
    v->state->value[v->pos++] = *p;
}

void rr_cpu_state_get(CPUX86State *env, RRCPUState *state)
{
    StateVisitor v = { .u64 = store_u64, .state = state };
    Image im;

    env_to_image(env, &im);
    visit_image(&v, &im);
    state->count = v.pos;
}

static void load_u64(StateVisitor *v, const char *name, int i, uint64_t *p)
{
    *p = v->state->value[v->pos++];
}

static void image_to_env(const Image *im, CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    env->eflags = im->regs[RR_REG_RFLAGS] & VM_MASK;
    for (int i = 0; i < RR_REG_RIP; i++) {
        env->regs[register_index[i]] = im->regs[i];
    }
    env->eip = im->regs[RR_REG_RIP];

    /* Control registers first: segment loads derive hflags from them. */
    env->efer = im->efer;
    cpu_load_efer(env, im->efer);
    env->cr[2] = im->cr[2];
    env->cr[3] = im->cr[3];
    cpu_x86_update_cr4(env, im->cr[4]);
    env->cr[0] = im->cr[0] | CR0_ET_MASK;
    env->xcr0 = im->xcr0;
    for (int i = 0; i < 8; i++) {
        SegmentCache c = {
            .selector = im->seg[i].selector, .base = im->seg[i].base,
            .limit = im->seg[i].limit, .flags = im->seg[i].flags,
        };

        if (i == 6) {
            env->ldt = c;
        } else if (i == 7) {
            env->tr = c;
        } else {
            env->segs[i] = c;
        }
    }
    env->eflags = 0;
    cpu_load_eflags(env, im->regs[RR_REG_RFLAGS], ~0);
    env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    env->hflags |= im->flags & 1 ? HF_INHIBIT_IRQ_MASK : 0;
    env->hflags2 &= ~HF2_NMI_MASK;
    env->hflags2 |= im->flags & 2 ? HF2_NMI_MASK : 0;
    x86_update_hflags(env);
    cpu_sync_avx_hflag(env);

    env->gdt.base = im->gdt[0];
    env->gdt.limit = im->gdt[1];
    env->idt.base = im->idt[0];
    env->idt.limit = im->idt[1];
    for (int i = 0; env_msr(env, i); i++) {
        *env_msr(env, i) = im->msr[i];
    }
    env->sysenter_cs = im->msr[9];
    for (int i = 0; i < 4; i++) {
        env->dr[i] = im->dr[i];
    }
    env->dr[6] = im->dr[6];
    cpu_x86_update_dr7(env, im->dr[7]);
    cpu_set_fpuc(env, im->fpu_control);
    env->fpus = im->fpu_status & ~0x3800;
    env->fpstt = im->fpu_status >> 11 & 7;
    cpu_set_mxcsr(env, im->mxcsr);
    for (int i = 0; i < 8; i++) {
        env->fptags[i] = im->fpu_empty >> i & 1;
        env->fpregs[i].d.low = im->st[i][0];
        env->fpregs[i].d.high = im->st[i][1];
    }
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 4; j++) {
            env->xmm_regs[i].ZMM_Q(j) = im->ymm[i][j];
        }
    }
    tlb_flush(cs);
}

bool rr_cpu_state_put(CPUX86State *env, const void *data, size_t bytes)
{
    RRCPUState state = { 0 };
    StateVisitor v = { .u64 = load_u64, .state = &state };
    RRCPUState shape;
    Image im;

    rr_cpu_state_get(env, &shape);
    if (bytes != shape.count * sizeof(uint64_t)) {
        return false;
    }
    memcpy(state.value, data, bytes);
    visit_image(&v, &im);
    image_to_env(&im, env);
    return true;
}

static void name_u64(StateVisitor *v, const char *name, int i, uint64_t *p)
{
    static const char *const part[] = { "", ".base", ".limit", ".flags" };

    if (v->pos++ != v->wanted) {
        return;
    }
    if (i < 0) {
        g_strlcpy(v->name, name, 64);
    } else if (v->pos <= RR_REG_COUNT + 32) {
        g_snprintf(v->name, 64, "%s%s", name, part[i & 3]);
    } else if (g_str_equal(name, "ymm")) {
        g_snprintf(v->name, 64, "ymm%d[%d]", i / 4, i % 4);
    } else if (g_str_equal(name, "st")) {
        g_snprintf(v->name, 64, "fpr%d[%d]", i / 2, i % 2);
    } else {
        g_snprintf(v->name, 64, "%s%d", name, i);
    }
}

int rr_cpu_state_compare(const RRCPUState *a, const RRCPUState *b, char *name)
{
    StateVisitor v = { .u64 = name_u64, .name = name };
    Image im = { 0 };

    if (a->count != b->count) {
        g_strlcpy(name, "number of entries", 64);
        return 0;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->value[i] != b->value[i]) {
            v.wanted = i;
            visit_image(&v, &im);
            return i;
        }
    }
    return -1;
}
