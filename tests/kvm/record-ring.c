// SPDX-License-Identifier: GPL-2.0
/*
 * The ring of KVM_CAP_X86_RECORD loses nothing and repeats nothing when it is
 * full, when signals arrive, when the guest is single-stepped, and with two vCPUs.
 * Its entries are in order with the exits.  The shared page has the count of
 * branches.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "tests/kvm/vm.h"

#define RING (KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING)

/* ebx is the sum of all values that the guest saw in eax. */
#define SUM_LOOP                           \
	"\x0f\x31" /* 1: rdtsc */          \
	"\x01\xc3" /*    add %eax, %ebx */ \
	"\xe2\xfa" /*    loop 1b */

struct tally {
	uint64_t entries, last;
	uint32_t sum;
	bool ordered;
};

static void drain(struct vm *v, struct tally *t)
{
	while (in_ring(v)) {
		struct kvm_x86_record_slot s = take(v, NULL);

		t->ordered &= s.insn == KVM_X86_RECORD_RDTSC &&
			      s.value >= t->last;
		t->last = s.value;
		t->sum += s.value;
		t->entries++;
	}
}

static bool is_full(struct vm *v, uint32_t reason)
{
	return reason == KVM_EXIT_X86_RECORD &&
	       kvm_x86_record_of(v->run)->insn == KVM_X86_RECORD_RING_FULL;
}

/* Run SUM_LOOP @n times to its end; false if an exit is unknown. */
static bool sum_loop(struct vm *v, uint64_t n, struct tally *t,
		     unsigned int *full, unsigned int *interrupted)
{
	uint32_t reason;

	*t = (struct tally){ .ordered = true };
	*full = *interrupted = 0;
	load(v, PROTECTED, 0, 0, SUM_LOOP, sizeof(SUM_LOOP) - 1, n);
	do {
		reason = run(v);
		drain(v, t);
		if (is_full(v, reason))
			(*full)++;
		else if (reason == 0)
			(*interrupted)++;
		else if (!at_end(v, reason))
			return false;
	} while (!at_end(v, reason));
	return true;
}

static bool sums_agree(struct vm *v, const struct tally *t, uint64_t n)
{
	return t->entries == n && t->ordered &&
	       (uint32_t)get(v).rbx == 0x22222222 + t->sum;
}

static void test_full(void)
{
	const unsigned int slots = 256, n = 100 * slots + 7;
	unsigned int full, interrupted;
	struct kvm_regs r;
	struct tally t;
	bool done;
	struct vm v;

	vm_open(&v, RING, slots, 0);
	done = sum_loop(&v, n, &t, &full, &interrupted);
	ksft_ok(done && full == n / slots, "%u slots, %u reads: full %u times",
		slots, n, full);
	ksft_ok(sums_agree(&v, &t, n),
		"no entry is lost or repeated, all are in order");
	finish(&v);

	/* At this exit the instruction has not been executed yet. */
	load(&v, PROTECTED, 0, 0, SUM_LOOP, sizeof(SUM_LOOP) - 1, n);
	run(&v);
	r = get(&v);
	ksft_ok(r.rip == CODE && r.rcx == n - slots,
		"at a full ring the instruction is not executed");
	v.shared->tail = v.shared->head - slots - 1;
	ksft_ok(is_full(&v, run(&v)) && get(&v).rcx == n - slots,
		"a tail too far behind the head counts as full");
	v.shared->tail = v.shared->head + 5;
	ksft_ok(is_full(&v, run(&v)) && get(&v).rcx == n - slots,
		"a tail ahead of the head counts as full");
	v.shared->head = 12345;
	v.shared->slots = 1 << 30;
	v.shared->tail = 0;
	run(&v);
	ksft_ok(v.shared->head != 12345 || is_full(&v, v.run->exit_reason),
		"KVM ignores what user space writes to the head");
	vm_close(&v);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void test_signal(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	unsigned int full, interrupted;
	const uint64_t n = 300000;
	struct tally t;
	bool done;
	struct vm v;

	vm_open(&v, RING, 4096, 0);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	done = sum_loop(&v, n, &t, &full, &interrupted);
	setitimer(ITIMER_REAL, &never, NULL);
	ksft_ok(done && interrupted > 0, "signals interrupt the guest (%u)",
		interrupted);
	ksft_ok(sums_agree(&v, &t, n),
		"signals make no entry lost or repeated");
	vm_close(&v);
}

static void test_single_step(void)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
	};
	struct kvm_x86_record_slot s;
	struct kvm_regs r;
	uint32_t reason;
	struct vm v;

	vm_open(&v, RING, 256, 0);
	load(&v, PROTECTED, 0, 0, SUM_LOOP, sizeof(SUM_LOOP) - 1, 3);
	if (ioctl(v.vcpu, KVM_SET_GUEST_DEBUG, &debug))
		die("KVM_SET_GUEST_DEBUG");
	reason = run(&v);
	r = get(&v);
	ksft_ok(reason == KVM_EXIT_DEBUG && r.rip == CODE + 2,
		"single step: one step over RDTSC (reason %u, rip %llx)",
		reason, r.rip);
	ksft_ok(in_ring(&v) == 1, "single step: one entry");
	s = take(&v, NULL);
	ksft_ok(r.rax == (uint32_t)s.value && r.rdx == s.value >> 32,
		"single step: the entry has the guest's value");
	reason = run(&v);
	ksft_ok(reason == KVM_EXIT_DEBUG && in_ring(&v) == 0 &&
			get(&v).rip == CODE + 4,
		"single step: no second entry");
	vm_close(&v);
}

/* rdtsc; out; rdtsc; out ...: the order of results and exits is known. */
static void test_order(void)
{
	static const char code[] = "\x0f\x31"
				   "\xe6\x43"
				   "\x0f\x31"
				   "\x0f\x31"
				   "\xe6\x43";
	bool right = true;
	struct vm v;
	int i;

	vm_open(&v, RING, 256, 0);
	load(&v, PROTECTED, 0, 0, code, sizeof(code) - 1, 0);
	for (i = 0; i < 2; i++) {
		uint32_t reason = run(&v);
		uint8_t al = *((uint8_t *)v.run + v.run->io.data_offset);
		uint64_t last = 0;

		right &= reason == KVM_EXIT_IO && v.run->io.port == 0x43 &&
			 in_ring(&v) == (uint32_t)i + 1;
		while (in_ring(&v))
			last = take(&v, NULL).value;
		right &= (uint8_t)last == al;
	}
	ksft_ok(right, "at an exit the ring holds the results before it");
	finish(&v);
	ksft_ok(in_ring(&v) == 0, "completing the exit adds nothing");
	vm_close(&v);
}

struct worker {
	struct vm v;
	struct tally t;
	bool done;
	unsigned int full, interrupted;
	pthread_t thread;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->done = sum_loop(&w->v, 50000, &w->t, &w->full, &w->interrupted);
	return NULL;
}

static void test_two(void)
{
	struct kvm_mp_state state = { KVM_MP_STATE_RUNNABLE };
	static struct worker w[2];
	int i;

	vm_open(&w[0].v, RING, 1024, 0);
	w[1].v = w[0].v;
	vcpu_open(&w[1].v, 1, RING, 1024);
	ioctl(w[1].v.vcpu, KVM_SET_MP_STATE, &state);
	for (i = 0; i < 2; i++)
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	for (i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	for (i = 0; i < 2; i++)
		ksft_ok(w[i].done && sums_agree(&w[i].v, &w[i].t, 50000),
			"two vCPUs: number %d has its own ring", i);
	vcpu_close(&w[1].v);
	vm_close(&w[0].v);
}

/* "Retired conditional branches" on AMD and on Intel processors. */
static void test_branches(void)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { 4, is_intel() ? 0x5101c4 : 0x5100d1 },
	};
	static const char loop[] = "\xe2\xfe"; /* 1: loop 1b */
	struct kvm_x86_record_shared *s;
	bool right = true;
	struct vm v;
	int i;

	vm_open(&v, RING, 256, 0);
	s = v.shared;
	if (ioctl(v.vcpu, KVM_ENABLE_CAP, &cap)) {
		for (i = 0; i < 5; i++)
			ksft_skip("branches: no such event here (%s)",
				  strerror(errno));
		vm_close(&v);
		return;
	}
	ksft_ok(ioctl(v.vcpu, KVM_ENABLE_CAP, &cap) && errno == EBUSY,
		"branches: a second event: EBUSY");
	for (i = 1; i <= 100; i++) {
		load(&v, LONG, i & 1 ? 0 : 3, 0, loop, 2, 1000 * i);
		right &= at_end(&v, run(&v)) &&
			 s->flags & KVM_X86_RECORD_BRANCHES_VALID &&
			 s->branches == 500ull * i * (i + 1);
		finish(&v);
	}
	ksft_ok(right,
		"branches: 100 loops of known length, each count exact "
		"(%llu)",
		s->branches);
	ksft_ok(s->branches == 500ull * 100 * 101,
		"branches: none while the guest does not run");
	cap.args[3] = 1;
	ksft_ok(ioctl(v.vcpu, KVM_ENABLE_CAP, &cap) && errno == EINVAL,
		"branches: an unknown argument: EINVAL");
	vm_close(&v);

	vm_open(&v, RING, 256, 0);
	cap.args[3] = 0;
	cap.args[1] = 0xffff;
	i = ioctl(v.vcpu, KVM_ENABLE_CAP, &cap);
	load(&v, LONG, 0, 0, loop, 2, 10);
	ksft_ok(at_end(&v, run(&v)) && (i || v.shared->branches == 0),
		"branches: an event that does not exist counts nothing");
	vm_close(&v);
}

static void test_mapping(void)
{
	struct vm v;
	void *p;

	vm_open(&v, KVM_X86_RECORD_ENABLE, 0, 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.vcpu,
		 (KVM_X86_RECORD_PAGE_OFFSET + 1) * (off_t)PAGE);
	ksft_ok(v.shared->slots == 0, "without a ring there are no slots");
	if (p != MAP_FAILED)
		munmap(p, PAGE);
	vm_close(&v);
}

int main(void)
{
	need_record();
	ksft_plan(22);
	test_mapping();
	test_full();
	test_signal();
	test_single_step();
	test_order();
	test_two();
	test_branches();
	return ksft_end();
}
