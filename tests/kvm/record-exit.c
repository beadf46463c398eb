// SPDX-License-Identifier: GPL-2.0
/*
 * With KVM_CAP_X86_RECORD RDTSC, RDTSCP and RDPMC exit to user space with the
 * right fields, and the values that user space returns reach the guest's
 * registers.  Without the capability they do not exit.
 *
 * The guest is a few bytes in protected mode with flat segments and no paging,
 * in ring 0 or 3.  A shutdown exit means a fault: there is no IDT.
 */
#include "tests/kvm/vm.h"

static const struct insn {
	const char *name, *code;
	unsigned int len;
	uint32_t id;
	uint32_t fault_cr4; /* CR4 bits that forbid it in ring 3 */
	uint32_t free_cr4; /* CR4 bits that allow it in ring 3 */
} insns[] = {
	{ "RDTSC", "\x0f\x31", 2, KVM_X86_RECORD_RDTSC, CR4_TSD, 0 },
	{ "RDTSCP", "\x0f\x01\xf9", 3, KVM_X86_RECORD_RDTSCP, CR4_TSD, 0 },
	{ "RDPMC", "\x0f\x33", 2, KVM_X86_RECORD_RDPMC, 0, CR4_PCE },
};

static void test_exit(const struct insn *in, int ring)
{
	const uint64_t mine = 0x123456789abcdef0;
	uint32_t reason, ecx = 3;
	struct kvm_x86_record *rec;
	struct kvm_regs r;
	struct vm v;

	vm_open(&v, KVM_X86_RECORD_ENABLE, 0, 0);
	rec = kvm_x86_record_of(v.run);

	load(&v, PROTECTED, ring, in->free_cr4, in->code, in->len, ecx);
	reason = run(&v);
	ksft_ok(reason == KVM_EXIT_X86_RECORD && rec->insn == in->id &&
			rec->size == 8,
		"%s ring %d: exits (reason %u insn %u size %u)", in->name, ring,
		reason, rec->insn, rec->size);
	if (reason != KVM_EXIT_X86_RECORD)
		goto out;
	r = get(&v);
	ksft_ok(r.rip == CODE && r.rax == 0x11111111 && r.rdx == 0x44444444,
		"%s ring %d: not executed at the exit", in->name, ring);
	if (in->id == KVM_X86_RECORD_RDPMC)
		ksft_ok(rec->index == ecx, "%s ring %d: index is ECX", in->name,
			ring);
	else
		ksft_ok(rec->value != 0 && rec->flags == 0,
			"%s ring %d: there is a value", in->name, ring);

	rec->value = mine;
	rec->flags = 0;
	if (in->id == KVM_X86_RECORD_RDTSCP)
		rec->index = ecx = 0x5a5a;
	reason = run(&v);
	r = get(&v);
	ksft_ok(at_end(&v, reason) && r.rax == (uint32_t)mine &&
			r.rdx == mine >> 32 && r.rcx == ecx &&
			r.rbx == 0x22222222,
		"%s ring %d: the guest gets the value of user space (%llx:%llx, %llx)",
		in->name, ring, r.rdx, r.rax, r.rcx);
	finish(&v);

	load(&v, PROTECTED, ring, in->free_cr4, in->code, in->len, 3);
	reason = run(&v);
	rec->flags = KVM_X86_RECORD_GP;
	if (reason == KVM_EXIT_X86_RECORD)
		reason = run(&v);
	ksft_ok(reason == KVM_EXIT_SHUTDOWN, "%s ring %d: #GP on request",
		in->name, ring);
out:
	vm_close(&v);

	vm_open(&v, KVM_X86_RECORD_ENABLE, 0, 0);
	rec = kvm_x86_record_of(v.run);
	load(&v, PROTECTED, ring, in->free_cr4, in->code, in->len, 3);
	reason = run(&v);
	rec->value = mine;
	rec->flags = 0;
	finish(&v);
	r = get(&v);
	ksft_ok(reason == KVM_EXIT_X86_RECORD && r.rip == CODE + in->len &&
			r.rax == (uint32_t)mine,
		"%s ring %d: immediate_exit completes it", in->name, ring);
	vm_close(&v);
}

static void test_fault(const struct insn *in)
{
	struct vm v;

	vm_open(&v, KVM_X86_RECORD_ENABLE, 0, 0);
	load(&v, PROTECTED, 3, in->fault_cr4, in->code, in->len, 3);
	ksft_ok(run(&v) == KVM_EXIT_SHUTDOWN,
		"%s ring 3: #GP if CR4 forbids it", in->name);
	vm_close(&v);
}

static void test_off(const struct insn *in)
{
	uint32_t reason;
	struct vm v;

	vm_open(&v, 0, 0, 0);
	load(&v, PROTECTED, 0, 0, in->code, in->len, 3);
	reason = run(&v);
	/* RDPMC faults if the guest has no PMU. */
	ksft_ok(at_end(&v, reason) || (in->id == KVM_X86_RECORD_RDPMC &&
				       reason == KVM_EXIT_SHUTDOWN),
		"%s: no exit without the capability (reason %u)", in->name,
		reason);
	vm_close(&v);
}

int main(void)
{
	const int n = sizeof(insns) / sizeof(insns[0]);
	int flags = need_record(),
	    version = KVM_X86_RECORD_VERSION |
		      flags << KVM_X86_RECORD_FLAGS_SHIFT;
	struct vm v;
	int i, fd;

	ksft_plan(9 + n * (1 + 6 * 2 + 1));
	vm_open(&v, 0, 0, 0);
	ksft_ok(ioctl(v.kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD) ==
			version,
		"version %d on the system", KVM_X86_RECORD_VERSION);
	ksft_ok(ioctl(v.vm, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD) == version,
		"the same on a VM");
	ksft_ok(enable(v.vm, 1, 0, 0) == -EBUSY,
		"after a vCPU was created: EBUSY");
	fd = ioctl(v.kvm, KVM_CREATE_VM, 0);
	ksft_ok(enable(fd, 1 << 4, 0, 0) == -EINVAL, "an unknown flag: EINVAL");
	ksft_ok(enable(fd, 2, 256, 0) == -EINVAL,
		"a ring without recording: EINVAL");
	ksft_ok(enable(fd, 3, 300, 0) == -EINVAL &&
			enable(fd, 3, 128, 0) == -EINVAL &&
			enable(fd, 3, 1 << 20, 0) == -EINVAL,
		"an invalid size of the ring: EINVAL");
	ksft_ok(enable(fd, 5, 256, 100000) == -EINVAL,
		"an epoch clock without a ring: EINVAL");
	ksft_ok(enable(fd, 7, 256, 10) == -EINVAL &&
			enable(fd, 7, 256, 2000000000) == -EINVAL,
		"a period out of bounds: EINVAL");
	ksft_ok(enable(fd, 1, 0, 0) == 0 && enable(fd, 0, 0, 0) == 0 &&
			enable(fd, 3, 256, 0) == 0,
		"on, off and on again");
	close(fd);
	vm_close(&v);

	for (i = 0; i < n; i++) {
		test_off(&insns[i]);
		test_exit(&insns[i], 0);
		test_exit(&insns[i], 3);
		test_fault(&insns[i]);
	}
	return ksft_end();
}
