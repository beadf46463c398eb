/*
 * Where the guest is: landmarks from KVM's registers and the host's PMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kvm-record/qemu/trace.h"

void rr_landmark_from_kvm(struct rr_landmark *lm, const struct kvm_regs *r)
{
    lm->regs[RR_REG_RAX] = r->rax;
    lm->regs[RR_REG_RBX] = r->rbx;
    lm->regs[RR_REG_RCX] = r->rcx;
    lm->regs[RR_REG_RDX] = r->rdx;
    lm->regs[RR_REG_RSI] = r->rsi;
    lm->regs[RR_REG_RDI] = r->rdi;
    lm->regs[RR_REG_RSP] = r->rsp;
    lm->regs[RR_REG_RBP] = r->rbp;
    lm->regs[RR_REG_R8] = r->r8;
    lm->regs[RR_REG_R9] = r->r9;
    lm->regs[RR_REG_R10] = r->r10;
    lm->regs[RR_REG_R11] = r->r11;
    lm->regs[RR_REG_R12] = r->r12;
    lm->regs[RR_REG_R13] = r->r13;
    lm->regs[RR_REG_R14] = r->r14;
    lm->regs[RR_REG_R15] = r->r15;
    lm->regs[RR_REG_RIP] = r->rip;
    lm->regs[RR_REG_RFLAGS] = r->rflags;
}

const struct rr_landmark *rr_landmark_of(struct rr_vcpu *v, enum rr_regs from)
{
    struct rr_landmark *lm = &v->landmark;

    g_assert(v->state != RR_VCPU_RUNNING);
    if (v->landmark_state != RR_LANDMARK_NONE) {
        return lm;
    }
    lm->branches = rr_kvm_cap_branches(v);
    if (from == RR_REGS_IN_RUN) {
        rr_landmark_from_kvm(lm, &v->cpu->kvm_run->s.regs.regs);
    } else {
        rr_landmark_from_env(cpu_env(v->cpu), lm);
    }
    v->landmark_state = RR_LANDMARK_TAKEN;
    trace_rr_record_landmark(v->cpu->cpu_index, lm->branches,
                             lm->regs[RR_REG_RIP], lm->regs[RR_REG_RCX], from);
    return lm;
}

const struct rr_landmark *rr_landmark_now(struct rr_vcpu *v)
{
    /* What QEMU has read it may have changed. */
    return rr_landmark_of(v, v->cpu->vcpu_dirty ? RR_REGS_IN_ENV : v->regs);
}
