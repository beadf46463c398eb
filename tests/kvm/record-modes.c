// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CAP_X86_RECORD with each instruction in each mode of the processor, in
 * rings 0 and 3, and in each way: exit, ring, epoch clock.  The guest's registers
 * have the values that user space received.
 */
#include "tests/kvm/ways.h"

#define SLOTS 256

static const struct insn {
	const char *name, *code;
	unsigned int len;
	uint32_t id;
	bool ring3; /* can be allowed in ring 3 */
	uint32_t free_cr4; /* CR4 bits that allow it in ring 3 */
	uint32_t fault_cr4; /* CR4 bits that forbid it in ring 3 */
	uint64_t rcx;
} insns[] = {
	{ "RDTSC", "\x0f\x31", 2, KVM_X86_RECORD_RDTSC, true, 0, CR4_TSD, 0 },
	{ "RDTSCP", "\x0f\x01\xf9", 3, KVM_X86_RECORD_RDTSCP, true, 0, CR4_TSD,
	  0 },
	{ "RDPMC", "\x0f\x33", 2, KVM_X86_RECORD_RDPMC, true, CR4_PCE, 0, 1 },
	{ "RDMSR", "\x0f\x32", 2, KVM_X86_RECORD_RDMSR_TSC, false, 0, 0,
	  MSR_TSC },
};

#define N_INSNS (sizeof(insns) / sizeof(insns[0]))

/* Fetch the result that user space received, from the exit or from the ring. */
static bool reported(struct vm *v, const struct insn *in, enum way way,
		     uint32_t *reason, uint64_t *value, bool *gp)
{
	struct kvm_x86_record_position position;
	struct kvm_x86_record_slot s;

	if (way == EXIT) {
		struct kvm_x86_record *x = kvm_x86_record_of(v->run);

		if (*reason != KVM_EXIT_X86_RECORD || x->insn != in->id)
			return false;
		*value = x->value;
		*gp = x->flags & KVM_X86_RECORD_GP;
		*reason = run(v);
		return true;
	}
	if (in_ring(v) == 0)
		return false;
	s = take(v, &position);
	*value = s.value;
	*gp = s.flags & KVM_X86_RECORD_GP;
	if (in_ring(v) != 0)
		return false;
	if (way == EPOCH && in->id != KVM_X86_RECORD_RDPMC)
		return s.insn == KVM_X86_RECORD_CLOCK_STEP &&
		       s.slots == KVM_X86_RECORD_STEP_SLOTS &&
		       position.regs.rip == CODE &&
		       position.regs.rcx == in->rcx &&
		       position.regs.rax == 0x11111111 &&
		       position.regs.rbx == 0x22222222 &&
		       position.regs.rdx == 0x44444444 &&
		       position.regs.rsp == STACK;
	return s.insn == in->id && s.size == 8 && s.slots == 1;
}

static void test(const struct insn *in, enum way way, enum mode mode, int ring)
{
	uint64_t value = 0;
	struct kvm_regs r;
	uint32_t reason;
	bool right, gp = false;
	struct vm v;

	vm_open(&v, ways[way].flags, SLOTS, 1000000000);
	load(&v, mode, ring, in->free_cr4, in->code, in->len, in->rcx);
	reason = run(&v);
	right = reported(&v, in, way, &reason, &value, &gp);
	r = get(&v);
	/* RDPMC of a counter that the guest lacks: reported, and it faults. */
	if (gp && in->id == KVM_X86_RECORD_RDPMC)
		right &= reason == KVM_EXIT_SHUTDOWN;
	else
		right &= !gp && at_end(&v, reason) &&
			 r.rax == (uint32_t)value && r.rdx == value >> 32 &&
			 r.rbx == 0x22222222;
	ksft_ok(right,
		"%s, %s, %s mode, ring %d (reported %d, reason %u, %llx %llx)",
		in->name, ways[way].name, mode_names[mode], ring, right, reason,
		r.rdx, r.rax);
	vm_close(&v);
}

/* A #GP that follows from the guest's state is not reported. */
static void test_fault(const struct insn *in, enum way way, enum mode mode)
{
	uint32_t reason, used = 0;
	struct vm v;

	vm_open(&v, ways[way].flags, SLOTS, 1000000000);
	load(&v, mode, 3, in->fault_cr4, in->code, in->len, in->rcx);
	reason = run(&v);
	if (way != EXIT)
		used = in_ring(&v);
	ksft_ok(reason == KVM_EXIT_SHUTDOWN && used == 0,
		"%s, %s, %s mode, ring 3: #GP and no record (reason %u)",
		in->name, ways[way].name, mode_names[mode], reason);
	vm_close(&v);
}

/* TSD does not affect ring 0. */
static void test_tsd_ring0(enum way way, enum mode mode)
{
	struct insn in = insns[0];

	in.free_cr4 = CR4_TSD;
	in.name = "RDTSC with CR4.TSD";
	test(&in, way, mode, 0);
}

int main(void)
{
	int flags = need_record();
	int last = flags & KVM_X86_RECORD_EPOCH ? WAYS : EPOCH;
	unsigned int i;
	int way, mode;

	if (last != WAYS)
		printf("# this host has no TSC scaling, so no epoch clock\n");
	ksft_plan(last * (N_INSNS * MODES + (N_INSNS - 1) * (MODES - 1) +
			  N_INSNS * (MODES - 1) + MODES));
	for (way = 0; way < last; way++)
		for (mode = 0; mode < MODES; mode++) {
			test_tsd_ring0(way, mode);
			for (i = 0; i < N_INSNS; i++) {
				test(&insns[i], way, mode, 0);
				if (mode == REAL)
					continue;
				if (insns[i].ring3)
					test(&insns[i], way, mode, 3);
				test_fault(&insns[i], way, mode);
			}
		}
	return ksft_end();
}
