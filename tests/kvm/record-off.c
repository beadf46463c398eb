// SPDX-License-Identifier: GPL-2.0
/*
 * Without KVM_CAP_X86_RECORD there is no exit, no mapping and no counter.  With
 * the argument "enter-badly" this is a helper of tests/system/lab/vmcb-off.sh: it
 * makes an entry fail, so that kvm-amd with dump_invalid_vmcb=1 prints the VMCB.
 */
#include <sys/wait.h>

#include "tests/kvm/vm.h"

static int enter_badly(void)
{
	struct kvm_sregs s;
	struct vm v;

	vm_open(&v, 0, 0, 0);
	load(&v, LONG, 0, 0, "\x0f\x31", 2, 0);
	if (ioctl(v.vcpu, KVM_GET_SREGS, &s))
		die("KVM_GET_SREGS");
	/* CS.L and CS.D in long mode: APM volume 2, 15.5.1 */
	s.cs.l = s.cs.db = 1;
	if (ioctl(v.vcpu, KVM_SET_SREGS, &s))
		die("KVM_SET_SREGS");
	return run(&v) == KVM_EXIT_FAIL_ENTRY ? 0 : 1;
}

static void test_insn(const char *name, const char *code, size_t len,
		      uint64_t rcx)
{
	uint32_t reason;
	struct vm v;

	vm_open(&v, 0, 0, 0);
	load(&v, LONG, 0, 0, code, len, rcx);
	reason = run(&v);
	ksft_ok(at_end(&v, reason) && get(&v).rax != 0x11111111,
		"%s runs without an exit to user space (reason %u)", name,
		reason);
	vm_close(&v);
}

/* Reading a page that is not there raises SIGBUS, as in stock KVM. */
static bool page_is_there(struct vm *v)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		volatile uint32_t *p;

		p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v->vcpu,
			 KVM_X86_RECORD_PAGE_OFFSET * (off_t)PAGE);
		if ((void *)p == MAP_FAILED)
			_exit(1);
		_exit(*p == 0 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) != 1;
}

int main(int argc, char **argv)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { 4, 0x5100d1 },
	};
	struct vm v;

	if (argc > 1 && !strcmp(argv[1], "enter-badly"))
		return enter_badly();
	need_record();
	ksft_plan(5);
	test_insn("RDTSC", "\x0f\x31", 2, 0);
	test_insn("RDTSCP", "\x0f\x01\xf9", 3, 0);
	test_insn("RDMSR of the TSC", "\x0f\x32", 2, MSR_TSC);
	vm_open(&v, 0, 0, 0);
	ksft_ok(!page_is_there(&v), "no shared page");
	ksft_ok(ioctl(v.vcpu, KVM_ENABLE_CAP, &cap) && errno == EINVAL,
		"no counter: EINVAL");
	vm_close(&v);
	return ksft_end();
}
