/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM_CAP_X86_RECORD: what x86.c and vendor code call.  With the capability
 * off, each hook is one test of kvm->arch.record.flags or of a NULL pointer.
 */
#ifndef __KVM_X86_RECORD_H
#define __KVM_X86_RECORD_H

#include <linux/kvm_host.h>

#include "kvm_cache_regs.h"

/* Both are spelled so that Linux 6.1 and all later kernels compile them. */
static inline int kvm_record_cpl(struct kvm_vcpu *vcpu)
{
	return static_call(kvm_x86_get_cpl)(vcpu);
}

static inline bool kvm_record_cr4(struct kvm_vcpu *vcpu, unsigned long bit)
{
	return kvm_read_cr4_bits(vcpu, bit);
}

static inline bool kvm_recording(struct kvm *kvm)
{
	return kvm->arch.record.flags & KVM_X86_RECORD_ENABLE;
}

static inline bool kvm_record_ring(struct kvm *kvm)
{
	return kvm->arch.record.flags & KVM_X86_RECORD_RING;
}

static inline bool kvm_record_epoch(struct kvm *kvm)
{
	return kvm->arch.record.flags & KVM_X86_RECORD_EPOCH;
}

static inline bool kvm_record_tlb(struct kvm *kvm)
{
	return kvm->arch.record.flags & KVM_X86_RECORD_TLB;
}

static inline bool kvm_record_ptes(struct kvm *kvm)
{
	return kvm->arch.record.flags & KVM_X86_RECORD_PTE;
}

/* Vendor code calls this when it flushes the guest's TLB, unless it is in a VMCB. */
static inline void kvm_record_flushed(struct kvm_vcpu *vcpu)
{
	vcpu->arch.record.flushed = true;
}

/* The hardware's TSC offset and multiplier are those of the epoch clock. */
static inline bool kvm_record_frozen(struct kvm_vcpu *vcpu)
{
	return kvm_record_epoch(vcpu->kvm) && vcpu->arch.record.frozen;
}

int kvm_record_check_extension(void);
int kvm_record_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap);

int kvm_emulate_rdtsc(struct kvm_vcpu *vcpu);
int kvm_emulate_rdtscp(struct kvm_vcpu *vcpu);
int kvm_handle_record_insn(struct kvm_vcpu *vcpu, u32 insn, u32 size, int reg);

int kvm_record_create_vcpu(struct kvm_vcpu *vcpu);
void kvm_record_destroy_vcpu(struct kvm_vcpu *vcpu);
struct page *kvm_record_page(struct kvm_vcpu *vcpu, unsigned long pgoff);
int kvm_record_set_event(struct kvm_vcpu *vcpu, struct kvm_enable_cap *cap);
void __kvm_record_return(struct kvm_vcpu *vcpu);

static inline void kvm_record_return(struct kvm_vcpu *vcpu)
{
	if (unlikely(vcpu->arch.record.shared))
		__kvm_record_return(vcpu);
}

void __kvm_record_fault(struct kvm_vcpu *vcpu);

/* KVM handles a fault of nested paging: the guest is to retry the instruction. */
static inline void kvm_record_fault(struct kvm_vcpu *vcpu)
{
	if (unlikely(vcpu->arch.record.shared))
		__kvm_record_fault(vcpu);
}

void __kvm_record_pte_bits(struct kvm_vcpu *vcpu, gpa_t gpa, u64 bits);

/* KVM has set accessed and dirty bits in the guest's page table, at @gpa. */
static inline void kvm_record_pte_bits(struct kvm_vcpu *vcpu, gpa_t gpa,
				       u64 bits)
{
	if (unlikely(kvm_record_ptes(vcpu->kvm)))
		__kvm_record_pte_bits(vcpu, gpa, bits);
}

bool __kvm_record_wants_exit(struct kvm_vcpu *vcpu);

/*
 * True if KVM_RUN must return, with the exit that this has set: entries that
 * cannot wait have left little room in the ring.
 */
static inline bool kvm_record_wants_exit(struct kvm_vcpu *vcpu)
{
	return unlikely(vcpu->kvm->arch.record.flags &
			(KVM_X86_RECORD_TLB | KVM_X86_RECORD_PTE)) &&
	       __kvm_record_wants_exit(vcpu);
}

u64 kvm_record_tsc_multiplier(struct kvm_vcpu *vcpu);
void kvm_record_clock_due(struct kvm_vcpu *vcpu);
void __kvm_record_enter(struct kvm_vcpu *vcpu);
fastpath_t kvm_record_fastpath(struct kvm_vcpu *vcpu, u32 insn);

static inline void kvm_record_enter(struct kvm_vcpu *vcpu)
{
	if (unlikely(vcpu->kvm->arch.record.flags &
		     (KVM_X86_RECORD_EPOCH | KVM_X86_RECORD_TLB)))
		__kvm_record_enter(vcpu);
}

#endif /* __KVM_X86_RECORD_H */
