/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * KVM_CAP_X86_RECORD for user space: the headers of distributions lack it.
 * The same definitions as the series in kernel-patch puts into linux/kvm.h,
 * and harmless where that header has them.
 */
#ifndef KVM_X86_RECORD_H
#define KVM_X86_RECORD_H

#include <linux/kvm.h>
#include <linux/types.h>

#ifndef KVM_CAP_X86_RECORD
#define KVM_CAP_X86_RECORD		0x72720001
#endif

#ifndef KVM_EXIT_X86_RECORD
#define KVM_EXIT_X86_RECORD		0x7272
#endif

#ifndef KVM_X86_RECORD_RDTSC
#define KVM_X86_RECORD_RDTSC		1
#define KVM_X86_RECORD_RDTSCP		2
#define KVM_X86_RECORD_RDPMC		3
#define KVM_X86_RECORD_RDRAND		4
#define KVM_X86_RECORD_RDSEED		5
#endif

#ifndef KVM_X86_RECORD_CF
#define KVM_X86_RECORD_CF		(1 << 0)
#define KVM_X86_RECORD_GP		(1 << 1)
#endif

/* The member x86_record of struct kvm_run's union. */
struct kvm_x86_record {
	__u32 insn;	/* KVM_X86_RECORD_RDTSC ... */
	__u32 size;	/* bytes of the result: 2, 4 or 8 */
	__u64 value;	/* what the guest gets; user space may change it */
	__u32 index;	/* RDPMC: ECX; RDTSCP: TSC_AUX, may be changed */
	__u32 flags;	/* KVM_X86_RECORD_CF, KVM_X86_RECORD_GP */
};

/* Valid after KVM_RUN returned with exit_reason KVM_EXIT_X86_RECORD. */
static inline struct kvm_x86_record *kvm_x86_record_of(struct kvm_run *run)
{
	/* The members of the union all start where its padding starts. */
	return (struct kvm_x86_record *)run->padding;
}

#endif /* KVM_X86_RECORD_H */
