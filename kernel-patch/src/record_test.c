// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_X86_RECORD reports the values that the guest reads from its TSC: by an
 * exit for each read, by the ring, and by the steps of the epoch clock.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"

#define READS	1000
#define SLOTS	256

static uint64_t seen[READS];

static void guest_code(void)
{
	int i;

	for (i = 0; i < READS; i++) {
		switch (i % 3) {
		case 0:
			seen[i] = rdtsc();
			break;
		case 1: {
			uint32_t aux;

			seen[i] = rdtscp(&aux);
			break;
		}
		default:
			seen[i] = rdmsr(MSR_IA32_TSC);
			break;
		}
	}
	GUEST_DONE();
}

static const uint32_t insn_of[] = {
	KVM_X86_RECORD_RDTSC, KVM_X86_RECORD_RDTSCP, KVM_X86_RECORD_RDMSR_TSC,
};

struct recorded {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
	struct kvm_x86_record_shared *shared;
	struct kvm_x86_record_slot *ring;
};

static int enable(struct kvm_vm *vm, uint64_t flags, uint64_t slots,
		  uint64_t period_ns)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { flags, slots, period_ns },
	};

	return __vm_ioctl(vm, KVM_ENABLE_CAP, &cap);
}

static struct recorded create(uint64_t flags, uint64_t period_ns)
{
	struct recorded r = { .vm = vm_create(1) };
	size_t size = getpagesize();
	int ret;

	ret = enable(r.vm, flags, SLOTS, period_ns);
	TEST_ASSERT(!ret, "KVM_ENABLE_CAP, flags 0x%lx, errno %d", flags, errno);

	r.vcpu = vm_vcpu_add(r.vm, 0, guest_code);
	if (flags & KVM_X86_RECORD_RING)
		size += SLOTS * sizeof(*r.ring);
	r.shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			r.vcpu->fd,
			KVM_X86_RECORD_PAGE_OFFSET * (off_t)getpagesize());
	TEST_ASSERT(r.shared != MAP_FAILED, "mmap, errno %d", errno);
	r.ring = (void *)r.shared + getpagesize();
	return r;
}

/* Run the guest to its next exit.  Returns false when the guest is done. */
static bool run(struct recorded *r)
{
	struct ucall uc;

	vcpu_run(r->vcpu);
	if (r->vcpu->run->exit_reason == KVM_EXIT_X86_RECORD)
		return true;

	TEST_ASSERT(get_ucall(r->vcpu, &uc) == UCALL_DONE,
		    "Unexpected exit, reason %u", r->vcpu->run->exit_reason);
	sync_global_from_guest(r->vm, seen);
	return false;
}

static void test_exit(void)
{
	struct recorded r = create(KVM_X86_RECORD_ENABLE, 0);
	int i;

	for (i = 0; run(&r); i++) {
		TEST_ASSERT(i < READS &&
			    r.vcpu->run->x86_record.insn == insn_of[i % 3],
			    "Exit %d: insn %u", i,
			    r.vcpu->run->x86_record.insn);
		r.vcpu->run->x86_record.value = 0x123456789abcull * i;
	}
	TEST_ASSERT(i == READS, "%d exits", i);
	for (i = 0; i < READS; i++)
		TEST_ASSERT(seen[i] == 0x123456789abcull * i,
			    "Read %d gave 0x%lx", i, seen[i]);
	kvm_vm_free(r.vm);
}

static void test_ring(void)
{
	struct recorded r = create(KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING,
				   0);
	static uint64_t reported[READS];
	int i = 0, full = -1;
	bool more;

	do {
		struct kvm_x86_record_shared *s = r.shared;

		more = run(&r);
		full++;
		for (; s->tail != s->head; s->tail++, i++) {
			struct kvm_x86_record_slot *slot =
				&r.ring[s->tail % SLOTS];

			TEST_ASSERT(i < READS && slot->insn == insn_of[i % 3] &&
				    slot->slots == 1,
				    "Entry %d: insn %u", i, slot->insn);
			reported[i] = slot->value;
		}
	} while (more);
	TEST_ASSERT(i == READS && full == READS / SLOTS,
		    "%d entries, full %d times", i, full);
	for (i = 0; i < READS; i++)
		TEST_ASSERT(seen[i] == reported[i],
			    "Read %d: 0x%lx, reported 0x%lx", i, seen[i],
			    reported[i]);
	kvm_vm_free(r.vm);
}

/*
 * About once a second there are 10 ms in which the clock cannot stand still,
 * because the TSC multiplier is not zero.  Then each read is a step, and this
 * returns false.
 */
static bool stands_still(void)
{
	struct recorded r = create(KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING |
				   KVM_X86_RECORD_EPOCH, 1000000000);
	static uint64_t reported[READS];
	int i, at = 0, steps = 0;
	bool more;

	do {
		struct kvm_x86_record_shared *s = r.shared;

		more = run(&r);
		while (s->tail != s->head) {
			struct kvm_x86_record_slot *slot =
				&r.ring[s->tail % SLOTS];

			TEST_ASSERT(steps < READS &&
				    slot->insn == KVM_X86_RECORD_CLOCK_STEP &&
				    slot->slots == KVM_X86_RECORD_STEP_SLOTS,
				    "Step %d: insn %u, %u slots", steps,
				    slot->insn, slot->slots);
			reported[steps++] = slot->value;
			s->tail += slot->slots;
		}
	} while (more);
	TEST_ASSERT(steps, "No step");
	for (i = 0; i < READS; i++) {
		while (at < steps && seen[i] != reported[at])
			at++;
		TEST_ASSERT(at < steps, "Read %d: no step has 0x%lx", i,
			    seen[i]);
	}
	kvm_vm_free(r.vm);
	return steps < READS / 10;
}

static void test_epoch(void)
{
	int tries;

	for (tries = 0; !stands_still(); tries++) {
		TEST_ASSERT(tries < 5, "The clock never stands still");
		usleep(50000);
	}
}

static void test_arguments(void)
{
	struct kvm_vm *vm = vm_create(1);

	TEST_ASSERT(enable(vm, 1 << 10, SLOTS, 0) && errno == EINVAL,
		    "An unknown flag is accepted");
	TEST_ASSERT(enable(vm, KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING,
			   SLOTS + 1, 0) && errno == EINVAL,
		    "A bad size is accepted");
	vm_vcpu_add(vm, 0, guest_code);
	TEST_ASSERT(enable(vm, KVM_X86_RECORD_ENABLE, 0, 0) && errno == EBUSY,
		    "KVM_ENABLE_CAP works after a vCPU");
	kvm_vm_free(vm);
}

int main(int argc, char *argv[])
{
	int flags;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_X86_RECORD));
	flags = kvm_check_cap(KVM_CAP_X86_RECORD) >> KVM_X86_RECORD_FLAGS_SHIFT;

	test_arguments();
	test_exit();
	test_ring();
	if (flags & KVM_X86_RECORD_EPOCH)
		test_epoch();
	else
		print_skip("No TSC scaling, no epoch clock");
	return 0;
}
