/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * KVM_CAP_X86_RECORD.  See Documentation/virt/kvm/x86/record.rst.
 */
#ifndef _ASM_X86_KVM_RECORD_H
#define _ASM_X86_KVM_RECORD_H

#include <asm/kvm.h>
#include <linux/types.h>

/*
 * KVM_CHECK_EXTENSION returns the version in bits 7:0, and above them the flags
 * that this host supports.
 */
#define KVM_X86_RECORD_VERSION		4
#define KVM_X86_RECORD_FLAGS_SHIFT	8

/* args[0] of KVM_ENABLE_CAP on the VM */
#define KVM_X86_RECORD_ENABLE		0x1
#define KVM_X86_RECORD_RING		0x2	/* args[1]: number of slots */
#define KVM_X86_RECORD_EPOCH		0x4	/* args[2]: period in ns */
#define KVM_X86_RECORD_TLB		0x8	/* needs KVM_X86_RECORD_RING */
#define KVM_X86_RECORD_PTE		0x10	/* needs KVM_X86_RECORD_RING */
#define KVM_X86_RECORD_VALID_FLAGS	(KVM_X86_RECORD_ENABLE | \
					 KVM_X86_RECORD_RING | \
					 KVM_X86_RECORD_EPOCH | \
					 KVM_X86_RECORD_TLB | \
					 KVM_X86_RECORD_PTE)

#define KVM_X86_RECORD_MIN_SLOTS	256
#define KVM_X86_RECORD_MIN_SLOTS_TLB	1024	/* and with ..._PTE */
#define KVM_X86_RECORD_MAX_SLOTS	65536
#define KVM_X86_RECORD_MIN_PERIOD_NS	1000
#define KVM_X86_RECORD_MAX_PERIOD_NS	1000000000

/* "insn" of an exit and of a slot */
#define KVM_X86_RECORD_RING_FULL	0	/* exits only */
#define KVM_X86_RECORD_RDTSC		1
#define KVM_X86_RECORD_RDTSCP		2
#define KVM_X86_RECORD_RDPMC		3
#define KVM_X86_RECORD_RDRAND		4
#define KVM_X86_RECORD_RDSEED		5
#define KVM_X86_RECORD_RDMSR_TSC	6
#define KVM_X86_RECORD_CLOCK_STEP	7	/* slots only */
#define KVM_X86_RECORD_TLB_FLUSH	8	/* slots only */
#define KVM_X86_RECORD_PTE_BITS		9	/* slots only */

/* "flags" of an exit and of a slot */
#define KVM_X86_RECORD_CF		0x1	/* RDRAND, RDSEED: carry flag */
#define KVM_X86_RECORD_GP		0x2	/* #GP(0) instead of a result */

/*
 * This page of the vCPU's file is struct kvm_x86_record_shared.  The ring
 * starts on the next page.
 */
#define KVM_X86_RECORD_PAGE_OFFSET	0x7272

struct kvm_x86_record_shared {
	__u32 head;	/* kernel -> user: number of slots written so far */
	__u32 tail;	/* user -> kernel: number of slots read so far */
	__u32 slots;	/* size of the ring: a power of two, or 0 */
	__u32 flags;	/* kernel -> user */
	__u64 branches;	/* kernel -> user */
	__u32 flush_tlb; /* user -> kernel: flush at the next entry; then 0 */
	__u32 pad;
};

/* "flags" of struct kvm_x86_record_shared */
#define KVM_X86_RECORD_BRANCHES_VALID	0x1
/* 0x2 was in use up to version 2 */
#define KVM_X86_RECORD_FLUSH_LOST	0x4
#define KVM_X86_RECORD_RETRY		0x8	/* an instruction that has faulted */

struct kvm_x86_record_slot {
	__u8 insn;
	__u8 size;
	__u8 flags;
	__u8 slots;	/* number of slots in this entry */
	__u32 index;
	__u64 value;
};

/*
 * Follows the slot of a clock step: where the guest read its clock; and the
 * slot of a flush, or of bits in a page table: before which instruction the
 * guest's TLB was flushed, or KVM set them.
 */
struct kvm_x86_record_position {
	__u64 branches;
	__u32 flags;	/* KVM_X86_RECORD_BRANCHES_VALID */
	__u32 pad;
	struct kvm_regs regs;
};

/* "slots" of all three */
#define KVM_X86_RECORD_STEP_SLOTS	11

#endif /* _ASM_X86_KVM_RECORD_H */
