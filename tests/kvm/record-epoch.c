// SPDX-License-Identifier: GPL-2.0
/*
 * The epoch clock of KVM_CAP_X86_RECORD stands still between its steps, is never
 * ahead of the TSC, and steps after an exit and after its period.  Each step
 * gives the guest's landmark exactly.
 */
#include "tests/kvm/vm.h"

#define EPOCH \
	(KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING | KVM_X86_RECORD_EPOCH)
#define SLOTS 65536

struct steps {
	unsigned int count;
	uint64_t last;
	uint32_t distinct_sum;
	bool ordered;
};

static void drain(struct vm *v, struct steps *t)
{
	struct kvm_x86_record_position position;

	while (in_ring(v)) {
		struct kvm_x86_record_slot s = take(v, &position);

		t->ordered &= s.insn == KVM_X86_RECORD_CLOCK_STEP &&
			      s.value > t->last && position.regs.rip == CODE;
		t->last = s.value;
		t->distinct_sum += s.value;
		t->count++;
	}
}

/*
 * Run @code, which reads the clock more than once, to its end.  For 122 ms in about
 * every second the clock cannot stand still (the multiplier is not zero), and
 * each read is a step; then @code is run again.
 */
static void run_still(struct vm *v, enum mode mode, const char *code,
		      size_t bytes, uint64_t rcx)
{
	int tries;

	for (tries = 0; tries < 5; tries++) {
		load(v, mode, 0, 0, code, bytes, rcx);
		run(v);
		if (in_ring(v) == KVM_X86_RECORD_STEP_SLOTS)
			return;
		v->shared->tail = v->shared->head;
		finish(v);
		usleep(50000);
	}
	ksft_note("in five tries the clock never stood still");
	load(v, mode, 0, 0, code, bytes, rcx);
	run(v);
}

/* rdtsc; mov %eax,%ebx; mov %edx,%esi; rdtscp: equal values, one record. */
static void test_still(void)
{
	static const char code[] = "\x0f\x31"
				   "\x89\xc3"
				   "\x89\xd6"
				   "\x0f\x01\xf9";
	struct kvm_x86_record_position position;
	struct kvm_x86_record_slot s;
	struct kvm_regs r;
	uint32_t used;
	struct vm v;

	vm_open(&v, EPOCH, SLOTS, 1000000000);
	run_still(&v, PROTECTED, code, sizeof(code) - 1, 7);
	r = get(&v);
	used = in_ring(&v);
	s = take(&v, &position);
	ksft_ok(used == KVM_X86_RECORD_STEP_SLOTS && position.regs.rip == CODE,
		"the first read is one step");
	ksft_ok(r.rbx == (uint32_t)s.value && r.rsi == s.value >> 32,
		"the guest gets the value of the step");
	ksft_ok(r.rax == r.rbx && r.rdx == r.rsi,
		"the second read gives the same value");
	ksft_ok(r.rcx == 0, "RDTSCP still gives TSC_AUX");
	finish(&v);

	/* After an exit the clock steps. */
	run_still(&v, PROTECTED, code, sizeof(code) - 1, 7);
	used = in_ring(&v);
	ksft_ok(used == KVM_X86_RECORD_STEP_SLOTS &&
			take(&v, &position).value > s.value,
		"the clock steps after an exit");
	vm_close(&v);
}

/* RDMSR of the TSC reads the same clock, and can step it. */
static void test_rdmsr(void)
{
	static const char code[] = "\x0f\x32"
				   "\x89\xc3"
				   "\x0f\x31";
	struct kvm_x86_record_position position;
	struct kvm_regs r;
	uint32_t used;
	struct vm v;

	vm_open(&v, EPOCH, SLOTS, 1000000000);
	run_still(&v, LONG, code, sizeof(code) - 1, MSR_TSC);
	r = get(&v);
	used = in_ring(&v);
	ksft_ok(used == KVM_X86_RECORD_STEP_SLOTS &&
			r.rbx == (uint32_t)take(&v, &position).value &&
			r.rax == r.rbx,
		"RDMSR and RDTSC: one step, one value");
	vm_close(&v);
}

/*
 * 10 million reads.  ebx counts how often the guest sees the value change:
 * 1: rdtsc; cmp %eax,%esi; je 2f; inc %ebx; mov %eax,%esi; 2: loop 1b
 */
static void read_often(struct steps *t, uint64_t n, bool *whole, uint64_t *seen)
{
	static const char code[] = "\x0f\x31"
				   "\x39\xc6"
				   "\x74\x04"
				   "\xff\xc3"
				   "\x89\xc6"
				   "\xe2\xf4";
	uint32_t reason;
	struct vm v;

	vm_open(&v, EPOCH, SLOTS, 100000);
	load(&v, LONG, 0, 0, code, sizeof(code) - 1, n);
	do {
		reason = run(&v);
		drain(&v, t);
	} while (reason == 0 || reason == KVM_EXIT_X86_RECORD);
	*whole = at_end(&v, reason);
	*seen = get(&v).rbx - 0x22222222;
	vm_close(&v);
}

static void test_period(void)
{
	const uint64_t n = 10000000;
	struct steps t;
	uint64_t seen;
	bool whole;

	t = (struct steps){ .ordered = true };
	read_often(&t, n, &whole, &seen);
	ksft_ok(whole, "%llu reads of the clock", (unsigned long long)n);
	ksft_ok(t.count > 10 && t.count < n / 100, "the timer makes steps (%u)",
		t.count);
	ksft_ok(t.ordered, "each step is forward, at the RDTSC");
	ksft_ok(seen == t.count,
		"the guest saw as many changes as there are steps (%llu)",
		(unsigned long long)seen);
}

static void test_write(void)
{
	static const char code[] = "\x0f\x31";
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msr = { { .nmsrs = 1 }, { .index = MSR_TSC } };
	struct kvm_x86_record_position position;
	uint64_t first, second;
	struct vm v;

	vm_open(&v, EPOCH, SLOTS, 1000000000);
	load(&v, LONG, 0, 0, code, 2, 0);
	run(&v);
	first = take(&v, &position).value;
	finish(&v);
	msr.entry.data = first + (1ull << 50);
	if (ioctl(v.vcpu, KVM_SET_MSRS, &msr) != 1)
		die("KVM_SET_MSRS");
	load(&v, LONG, 0, 0, code, 2, 0);
	run(&v);
	second = take(&v, &position).value;
	ksft_ok(second >= msr.entry.data && second - first < 2ull << 50,
		"after a write of the TSC the next step has the new time");
	vm_close(&v);
}

int main(void)
{
	if (!(need_record() & KVM_X86_RECORD_EPOCH)) {
		puts("1..0 # SKIP this host has no TSC scaling");
		return KSFT_SKIP;
	}
	ksft_plan(11);
	test_still();
	test_rdmsr();
	test_period();
	test_write();
	return ksft_end();
}
