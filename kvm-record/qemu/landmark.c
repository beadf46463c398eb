/*
 * Where the guest is: landmarks from KVM's registers and the host's PMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>

void rr_record_landmark_from_kvm(struct rr_landmark *lm,
                                 const struct kvm_regs *r)
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
    lm->regs[RR_REG_RFLAGS] = r->rflags & ~RR_RFLAGS_IGNORED;
}

/*
 * The same boundary is asked for many times while devices work; it is put
 * together once.  Valid until the next KVM_RUN.
 */
const struct rr_landmark *rr_record_landmark(void)
{
    RRRecorder *s = &rr_recorder;

    if (s->landmark_valid) {
        return &s->landmark;
    }
    s->landmark.branches = rr_record_branches();
    if (s->regs_in_run && !s->cpu->vcpu_dirty) {
        rr_record_landmark_from_kvm(&s->landmark,
                                    &s->cpu->kvm_run->s.regs.regs);
    } else {
        rr_landmark_from_env(cpu_env(s->cpu), &s->landmark);
    }
    s->landmark_valid = true;
    return &s->landmark;
}
