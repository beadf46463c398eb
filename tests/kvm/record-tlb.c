// SPDX-License-Identifier: GPL-2.0
/*
 * With KVM_X86_RECORD_TLB KVM flushes the guest's TLB where user space asks for it,
 * and the ring has a slot with the place of each other flush.
 */
#include "tests/kvm/vm.h"

#define TLB (KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING | KVM_X86_RECORD_TLB)
#define SLOTS 1024
#define ACCESSED 0x20

/* Four exits. */
#define OUT "\xe6\x43"
static const char code[] = OUT OUT OUT OUT;

/* The bits of the only page, which the guest's code is in. */
static uint8_t *entry(struct vm *v)
{
	return v->mem + TABLES + 0x2000;
}

static bool is_flush_at(struct vm *v, uint64_t rip)
{
	struct kvm_x86_record_position position;
	struct kvm_x86_record_slot s;

	if (in_ring(v) != KVM_X86_RECORD_STEP_SLOTS)
		return false;
	s = take(v, &position);
	return s.insn == KVM_X86_RECORD_TLB_FLUSH && position.regs.rip == rip &&
	       position.regs.rsp == STACK;
}

static void set_memory(struct vm *v, size_t bytes)
{
	struct kvm_userspace_memory_region r = {
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)v->mem,
	};

	if (ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &r))
		die("KVM_SET_USER_MEMORY_REGION");
}

static void test_places(void)
{
	struct vm v;

	vm_open(&v, TLB, SLOTS, 0);
	load(&v, LONG, 0, 0, code, sizeof(code) - 1, 0);
	run(&v);
	ksft_ok(is_flush_at(&v, CODE), "the first entry is a flush of KVM's");
	run(&v);
	ksft_ok(!in_ring(&v), "the next one is not");

	*entry(&v) &= ~ACCESSED;
	v.shared->flush_tlb = 1;
	run(&v);
	ksft_ok(!v.shared->flush_tlb && !in_ring(&v),
		"asked for: flushed, without a slot");
	ksft_ok(*entry(&v) & ACCESSED,
		"flushed: the accessed bit is set again");

	set_memory(&v, 0);
	set_memory(&v, MEM);
	run(&v);
	ksft_ok(is_flush_at(&v, CODE + 6),
		"memory taken away: a slot with the place");
	vm_close(&v);
}

static void test_arguments(void)
{
	struct vm v;
	int fd;

	vm_open(&v, 0, 0, 0);
	fd = ioctl(v.kvm, KVM_CREATE_VM, 0);
	ksft_ok(enable(fd, KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_TLB, 0, 0) ==
			-EINVAL,
		"without a ring: EINVAL");
	ksft_ok(enable(fd, TLB, SLOTS / 2, 0) == -EINVAL,
		"too small a ring: EINVAL");
	close(fd);
	vm_close(&v);
}

int main(void)
{
	if (!(need_record() & KVM_X86_RECORD_TLB)) {
		puts("1..0 # SKIP no nested paging, or no VPIDs");
		return KSFT_SKIP;
	}
	ksft_plan(7);
	test_places();
	test_arguments();
	return ksft_end();
}
