/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * KVM_CAP_X86_RECORD for programs that are compiled with the headers of a
 * kernel without it.  Kernel headers with the series applied have the same
 * definitions; with those, this file adds the type of the exit only.
 */
#ifndef KVM_X86_RECORD_H
#define KVM_X86_RECORD_H

#include <linux/kvm.h>
#include <linux/types.h>

#include "asm/kvm_record.h"

#ifndef KVM_CAP_X86_RECORD
#define KVM_CAP_X86_RECORD	0x72720001
#endif

#ifndef KVM_EXIT_X86_RECORD
#define KVM_EXIT_X86_RECORD	0x7272
#endif

/* The member x86_record of the union in struct kvm_run. */
struct kvm_x86_record {
	__u32 insn;	/* KVM_X86_RECORD_RDTSC and so on */
	__u32 size;	/* width of the result in bytes: 2, 4 or 8 */
	__u64 value;	/* the result; user space may change it */
	__u32 index;	/* RDPMC: ECX; RDTSCP: TSC_AUX, may be changed */
	__u32 flags;	/* KVM_X86_RECORD_CF, KVM_X86_RECORD_GP */
};

/* Valid after KVM_RUN has returned with exit_reason KVM_EXIT_X86_RECORD. */
static inline struct kvm_x86_record *kvm_x86_record_of(struct kvm_run *run)
{
	/* All members of the union start where its padding starts. */
	return (struct kvm_x86_record *)run->padding;
}

#endif /* KVM_X86_RECORD_H */
