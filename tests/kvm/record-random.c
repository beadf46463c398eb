// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CAP_X86_RECORD with RDRAND and RDSEED on Intel hosts, by an exit and by the
 * ring, in three widths.  The guest gets the value that user space received, and
 * the flags that the manual states.  AMD hosts cannot intercept the two, so the
 * test is skipped there.
 */
#include "tests/kvm/vm.h"

#define ARITHMETIC_FLAGS 0x8d5 /* CF PF AF ZF SF OF */
#define MINE 0x123456789abcdef0ull

static const struct insn {
	const char *name, *code;
	unsigned int len, size;
	uint32_t id;
} insns[] = {
	{ "RDRAND %ax", "\x66\x0f\xc7\xf0", 4, 2, KVM_X86_RECORD_RDRAND },
	{ "RDRAND %eax", "\x0f\xc7\xf0", 3, 4, KVM_X86_RECORD_RDRAND },
	{ "RDRAND %rax", "\x48\x0f\xc7\xf0", 4, 8, KVM_X86_RECORD_RDRAND },
	{ "RDRAND %r9", "\x49\x0f\xc7\xf1", 4, 8, KVM_X86_RECORD_RDRAND },
	{ "RDSEED %eax", "\x0f\xc7\xf8", 3, 4, KVM_X86_RECORD_RDSEED },
};

#define N_INSNS (sizeof(insns) / sizeof(insns[0]))

static bool has(const struct insn *in)
{
	unsigned int a, b = 0, c = 0, d;

	if (in->id == KVM_X86_RECORD_RDRAND)
		return __get_cpuid(1, &a, &b, &c, &d) && c & bit_RDRND;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_RDSEED;
}

/* The register's value after a result of @size bytes. */
static uint64_t written(const struct insn *in, uint64_t value)
{
	if (in->size == 2)
		return 0x11110000 | (uint16_t)value;
	return in->size == 4 ? (uint32_t)value : value;
}

static uint64_t result_of(const struct insn *in, const struct kvm_regs *r)
{
	return !strcmp(in->name, "RDRAND %r9") ? r->r9 : r->rax;
}

static void test(const struct insn *in)
{
	struct kvm_x86_record_slot s;
	struct kvm_x86_record *x;
	struct kvm_regs r;
	uint32_t reason;
	struct vm v;

	if (!has(in)) {
		ksft_skip("%s: not on this processor", in->name);
		ksft_skip("%s: not on this processor", in->name);
		ksft_skip("%s: not on this processor", in->name);
		return;
	}
	vm_open(&v, KVM_X86_RECORD_ENABLE, 0, 0);
	x = kvm_x86_record_of(v.run);
	load(&v, LONG, 3, 0, in->code, in->len, 0);
	reason = run(&v);
	x->flags = KVM_X86_RECORD_CF;
	x->value = MINE;
	ksft_ok(reason == KVM_EXIT_X86_RECORD && x->insn == in->id &&
			x->size == in->size && at_end(&v, run(&v)) &&
			(r = get(&v), result_of(in, &r) == written(in, MINE)) &&
			(r.rflags & ARITHMETIC_FLAGS) == 1,
		"%s: exit, the guest gets what user space gives (reason %u "
		"insn %u size %u, then %llx flags %llx)",
		in->name, reason, x->insn, x->size, get(&v).rax,
		get(&v).rflags);
	finish(&v);

	load(&v, LONG, 0, 0, in->code, in->len, 0);
	run(&v);
	x->flags = 0;
	x->value = MINE;
	ksft_ok(at_end(&v, run(&v)) &&
			(r = get(&v), result_of(in, &r) == written(in, 0)) &&
			(r.rflags & ARITHMETIC_FLAGS) == 0,
		"%s: exit, no random number: zero and no carry", in->name);
	vm_close(&v);

	vm_open(&v, KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING, 256, 0);
	load(&v, LONG, 0, 0, in->code, in->len, 0);
	reason = run(&v);
	s = take(&v, NULL);
	r = get(&v);
	ksft_ok(at_end(&v, reason) && in_ring(&v) == 0 && s.insn == in->id &&
			s.size == in->size && (r.rflags & 1) == (s.flags & 1) &&
			result_of(in, &r) ==
				written(in, s.flags & 1 ? s.value : 0),
		"%s: ring, the guest gets the value of the entry", in->name);
	vm_close(&v);
}

int main(void)
{
	unsigned int i;

	need_record();
	if (!is_intel()) {
		puts("1..0 # SKIP only Intel hosts can intercept RDRAND");
		return KSFT_SKIP;
	}
	ksft_plan(3 * N_INSNS);
	for (i = 0; i < N_INSNS; i++)
		test(&insns[i]);
	return ksft_end();
}
