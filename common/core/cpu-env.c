/*
 * The CPU state of a trace, from and to a CPU of QEMU.
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
#include "common/core/cpu-env.h"

/* Descriptor bits that both KVM and TCG keep in a segment cache. */
#define RR_SEG_FLAGS (DESC_TYPE_MASK | DESC_S_MASK | (3 << DESC_DPL_SHIFT) | \
                      DESC_P_MASK | DESC_AVL_MASK | DESC_L_MASK |            \
                      DESC_B_MASK | DESC_G_MASK)

#define SEG_LDT 6
#define SEG_TR 7

/* The top-of-stack field of the x87 status word, which env has apart. */
#define FPU_STATUS_TOP_SHIFT 11
#define FPU_STATUS_TOP (7 << FPU_STATUS_TOP_SHIFT)

static const int register_index[RR_REG_COUNT] = {
    [RR_REG_RAX] = R_EAX, [RR_REG_RBX] = R_EBX, [RR_REG_RCX] = R_ECX,
    [RR_REG_RDX] = R_EDX, [RR_REG_RSI] = R_ESI, [RR_REG_RDI] = R_EDI,
    [RR_REG_RSP] = R_ESP, [RR_REG_RBP] = R_EBP, [RR_REG_R8] = R_R8,
    [RR_REG_R9] = R_R9, [RR_REG_R10] = R_R10, [RR_REG_R11] = R_R11,
    [RR_REG_R12] = R_R12, [RR_REG_R13] = R_R13, [RR_REG_R14] = R_R14,
    [RR_REG_R15] = R_R15,
};

static uint64_t *env_msr(CPUX86State *env, int i)
{
    uint64_t *const msr[] = {
        &env->star, &env->lstar, &env->cstar, &env->fmask,
        &env->kernelgsbase, &env->sysenter_esp, &env->sysenter_eip,
        &env->pat, &env->tsc_aux,
    };

    return i < ARRAY_SIZE(msr) ? msr[i] : NULL;
}

static SegmentCache *env_segment(CPUX86State *env, int i)
{
    return i == SEG_LDT ? &env->ldt : i == SEG_TR ? &env->tr : &env->segs[i];
}

static void segment_to_image(CPUX86State *env, int i, struct rr_cpu_image *im)
{
    const SegmentCache *s = env_segment(env, i);
    uint32_t flags = s->flags & RR_SEG_FLAGS;
    bool unusable = !(flags & DESC_P_MASK) ||
                    ((env->cr[0] & CR0_PE_MASK) && !(env->eflags & VM_MASK) &&
                     i != R_CS && i != SEG_TR && (s->selector & 0xfffc) == 0);
    bool has_base = !unusable ||
                    ((i == R_FS || i == R_GS) && (env->efer & MSR_EFER_LMA));

    if (i == SEG_TR && !unusable) {
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
    lm->regs[RR_REG_RFLAGS] = env_rflags(env);
}

static void system_to_image(CPUX86State *env, struct rr_cpu_image *im)
{
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
    for (int i = 0; i < 8; i++) {
        im->dr[i] = i == 4 || i == 5 ? 0 : env->dr[i];
    }
    im->flags = (env->hflags & HF_INHIBIT_IRQ_MASK ? 1 : 0) |
                (env->hflags2 & HF2_NMI_MASK ? 2 : 0);
}

static void msrs_to_image(CPUX86State *env, struct rr_cpu_image *im)
{
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
}

/*
 * The x87 register with the number PHYSICAL.  TCG keeps them by that number.
 * KVM gives and takes them as FXSAVE stores them, from ST(0) on (SDM volume 1,
 * 10.5.1), and QEMU leaves them so.
 */
static floatx80 *x87_register(CPUX86State *env, unsigned int physical)
{
    unsigned int top = tcg_enabled() ? 0 : env->fpstt;

    return &env->fpregs[(physical - top) & 7].d;
}

static void fpu_to_image(CPUX86State *env, struct rr_cpu_image *im)
{
    if (tcg_enabled()) {
        /* TCG keeps new exception flags apart until MXCSR is read. */
        update_mxcsr_from_sse_status(env);
    }
    im->fpu_control = env->fpuc;
    im->fpu_status = (env->fpus & ~FPU_STATUS_TOP) |
                     (env->fpstt & 7) << FPU_STATUS_TOP_SHIFT;
    im->mxcsr = env->mxcsr;
    for (int i = 0; i < 8; i++) {
        im->fpu_empty |= (uint64_t)(env->fptags[i] & 1) << i;
        im->st[i][0] = x87_register(env, i)->low;
        im->st[i][1] = x87_register(env, i)->high;
    }
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 4; j++) {
            im->ymm[i][j] = env->xmm_regs[i].ZMM_Q(j);
        }
    }
}

void rr_cpu_state_get(CPUX86State *env, RRCPUState *state)
{
    struct rr_cpu_image im = { 0 };
    struct rr_landmark lm;

    rr_landmark_from_env(env, &lm);
    memcpy(im.regs, lm.regs, sizeof(im.regs));
    system_to_image(env, &im);
    msrs_to_image(env, &im);
    fpu_to_image(env, &im);
    rr_cpu_image_to_state(&im, state);
}

/* Control registers first: segment loads derive hflags from them. */
static void control_to_env(const struct rr_cpu_image *im, CPUX86State *env)
{
    env->efer = im->efer;
    cpu_load_efer(env, im->efer);
    env->cr[2] = im->cr[2];
    env->cr[3] = im->cr[3];
    cpu_x86_update_cr4(env, im->cr[4]);
    env->cr[0] = im->cr[0] | CR0_ET_MASK;
    env->xcr0 = im->xcr0;
}

static void segments_to_env(const struct rr_cpu_image *im, CPUX86State *env)
{
    for (int i = 0; i < 8; i++) {
        *env_segment(env, i) = (SegmentCache){
            .selector = im->seg[i].selector, .base = im->seg[i].base,
            .limit = im->seg[i].limit, .flags = im->seg[i].flags,
        };
    }
    env->gdt.base = im->gdt[0];
    env->gdt.limit = im->gdt[1];
    env->idt.base = im->idt[0];
    env->idt.limit = im->idt[1];
}

static void flags_to_env(const struct rr_cpu_image *im, CPUX86State *env)
{
    env->eflags = 0;
    cpu_load_eflags(env, im->regs[RR_REG_RFLAGS], ~0);
    env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    env->hflags |= im->flags & 1 ? HF_INHIBIT_IRQ_MASK : 0;
    env->hflags2 &= ~HF2_NMI_MASK;
    env->hflags2 |= im->flags & 2 ? HF2_NMI_MASK : 0;
    x86_update_hflags(env);
    cpu_sync_avx_hflag(env);
}

/*
 * XINUSE of a loaded state: what is not in its initial configuration.  States
 * are loaded at resets, where a processor has the same.
 */
static uint32_t xinuse_of_image(const struct rr_cpu_image *im)
{
    bool fp = im->fpu_control != 0x37f || im->fpu_status ||
              im->fpu_empty != 0xff;
    bool sse = im->mxcsr != 0x1f80, avx = false;

    for (int i = 0; i < 8; i++) {
        fp |= im->st[i][0] || im->st[i][1];
    }
    for (int i = 0; i < 16; i++) {
        sse |= im->ymm[i][0] || im->ymm[i][1];
        avx |= im->ymm[i][2] || im->ymm[i][3];
    }
    return (fp ? XSTATE_FP_MASK : 0) | (sse ? XSTATE_SSE_MASK : 0) |
           (avx ? XSTATE_YMM_MASK : 0);
}

static void fpu_to_env(const struct rr_cpu_image *im, CPUX86State *env)
{
    env->xinuse = xinuse_of_image(im);
    cpu_set_fpuc(env, im->fpu_control);
    env->fpus = im->fpu_status & ~FPU_STATUS_TOP;
    env->fpstt = im->fpu_status >> FPU_STATUS_TOP_SHIFT & 7;
    cpu_set_mxcsr(env, im->mxcsr);
    for (int i = 0; i < 8; i++) {
        env->fptags[i] = im->fpu_empty >> i & 1;
        x87_register(env, i)->low = im->st[i][0];
        x87_register(env, i)->high = im->st[i][1];
    }
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 4; j++) {
            env->xmm_regs[i].ZMM_Q(j) = im->ymm[i][j];
        }
    }
}

bool rr_cpu_state_put(CPUX86State *env, const void *data, size_t bytes)
{
    struct rr_cpu_image im;

    if (!rr_cpu_image_from_data(&im, data, bytes)) {
        return false;
    }
    env->eflags = im.regs[RR_REG_RFLAGS] & VM_MASK;
    for (int i = 0; i < RR_REG_RIP; i++) {
        env->regs[register_index[i]] = im.regs[i];
    }
    env->eip = im.regs[RR_REG_RIP];
    control_to_env(&im, env);
    segments_to_env(&im, env);
    flags_to_env(&im, env);
    for (int i = 0; env_msr(env, i); i++) {
        *env_msr(env, i) = im.msr[i];
    }
    env->sysenter_cs = im.msr[9];
    for (int i = 0; i < 4; i++) {
        env->dr[i] = im.dr[i];
    }
    env->dr[6] = im.dr[6];
    cpu_x86_update_dr7(env, im.dr[7]);
    fpu_to_env(&im, env);
    tlb_flush(env_cpu(env));
    return true;
}
