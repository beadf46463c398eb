/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * KVM_CAP_X86_RECORD for user space: the headers of distributions lack it.
 * The same definitions as the series in kernel-patch puts into linux/kvm.h and
 * asm/kvm.h, and harmless where those headers have them.  The reference is the
 * series' text for Documentation/virt/kvm/api.rst.
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
#define KVM_X86_RECORD_RING_FULL	0
#define KVM_X86_RECORD_RDTSC		1
#define KVM_X86_RECORD_RDTSCP		2
#define KVM_X86_RECORD_RDPMC		3
#define KVM_X86_RECORD_RDRAND		4
#define KVM_X86_RECORD_RDSEED		5
#define KVM_X86_RECORD_RDMSR_TSC	6
#define KVM_X86_RECORD_CLOCK_STEP	7	/* in the ring only */
#endif

#ifndef KVM_X86_RECORD_CF
#define KVM_X86_RECORD_CF		(1 << 0)
#define KVM_X86_RECORD_GP		(1 << 1)
#endif

#ifndef KVM_X86_RECORD_VERSION
/* KVM_CHECK_EXTENSION: the version, and above it the flags that may be set. */
#define KVM_X86_RECORD_VERSION		2
#define KVM_X86_RECORD_FLAGS_SHIFT	8

/* args[0] of KVM_ENABLE_CAP on the VM */
#define KVM_X86_RECORD_ENABLE		(1 << 0)
#define KVM_X86_RECORD_RING		(1 << 1) /* args[1]: slots */
#define KVM_X86_RECORD_EPOCH		(1 << 2) /* args[2]: period, ns */

#define KVM_X86_RECORD_MIN_SLOTS	256
#define KVM_X86_RECORD_MAX_SLOTS	65536
#define KVM_X86_RECORD_MIN_PERIOD_NS	1000
#define KVM_X86_RECORD_MAX_PERIOD_NS	1000000000

/* The vCPU's file from this page on: one page, and the ring behind it. */
#define KVM_X86_RECORD_PAGE_OFFSET	0x7272

struct kvm_x86_record_shared {
	__u32 head;	/* kernel -> user: slots ever written */
	__u32 tail;	/* user -> kernel: slots ever read */
	__u32 slots;	/* of the ring: a power of two, or 0 */
	__u32 flags;	/* kernel -> user */
	__u64 branches;	/* kernel -> user */
};

struct kvm_x86_record_slot {
	__u8 insn;	/* as in KVM_EXIT_X86_RECORD */
	__u8 size;
	__u8 flags;
	__u8 slots;	/* that this entry takes, with this one */
	__u32 index;
	__u64 value;
};

#define KVM_X86_RECORD_BRANCHES_VALID	(1 << 0)
#define KVM_X86_RECORD_CLOCK_SLIPPED	(1 << 1)

/* Where the epoch clock stepped: follows the slot of the step. */
struct kvm_x86_record_place {
	__u64 branches;
	__u32 flags;
	__u32 pad;
	struct kvm_regs regs;
};

#define KVM_X86_RECORD_STEP_SLOTS	11
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
