// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CAP_X86_RECORD: RDTSC, RDTSCP and RDPMC leave to user space with the
 * right fields, and what user space gives back arrives in the guest's
 * registers.  Without the capability nothing of the kind happens.
 *
 * The guest is a few bytes in protected mode with flat segments and no paging,
 * in ring 0 or 3.  A shutdown exit means a fault: there is no IDT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_x86_record.h"

#define CODE	0x1000
#define MEM	0x4000
#define CR4_TSD	(1 << 2)
#define CR4_PCE	(1 << 8)
#define FLAGS	0x2		/* the bit that is always set */

static int kvm, tests, failures;

static void ok(bool pass, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d ", pass ? "ok" : "not ok", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	failures += !pass;
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

struct vm {
	int vm, vcpu;
	uint8_t *mem;
	struct kvm_run *run;
	size_t run_size;
};

static int enable(int vm, uint64_t arg)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_RECORD, .args = { arg } };

	return ioctl(vm, KVM_ENABLE_CAP, &cap) ? -errno : 0;
}

static void set_cpuid(struct vm *v)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} c;

	c.head.nent = 256;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &c))
		die("KVM_GET_SUPPORTED_CPUID");
	if (ioctl(v->vcpu, KVM_SET_CPUID2, &c))
		die("KVM_SET_CPUID2");
}

static void seg(struct kvm_segment *s, int sel, int type, int dpl)
{
	*s = (struct kvm_segment) {
		.limit = 0xffffffff, .selector = sel | dpl, .type = type,
		.present = 1, .dpl = dpl, .db = 1, .s = 1, .g = 1,
	};
}

static void vm_open(struct vm *v, bool record)
{
	struct kvm_userspace_memory_region r = { .memory_size = MEM };

	v->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (v->vm < 0)
		die("KVM_CREATE_VM");
	if (record && enable(v->vm, 1))
		die("KVM_ENABLE_CAP");
	v->mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v->mem == MAP_FAILED)
		die("mmap");
	r.userspace_addr = (uintptr_t)v->mem;
	if (ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &r))
		die("KVM_SET_USER_MEMORY_REGION");
	v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
	if (v->vcpu < 0)
		die("KVM_CREATE_VCPU");
	v->run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      v->vcpu, 0);
	if (v->run == MAP_FAILED)
		die("mmap of kvm_run");
	set_cpuid(v);
}

static void vm_close(struct vm *v)
{
	munmap(v->run, v->run_size);
	munmap(v->mem, MEM);
	close(v->vcpu);
	close(v->vm);
}

/* Set the guest up to run @insn, then an OUT to port 0x42 as the end. */
static void load(struct vm *v, const char *insn, int len, int ring,
		 uint32_t cr4, uint32_t ecx)
{
	struct kvm_regs regs = {
		.rip = CODE, .rflags = FLAGS | (ring ? 3 << 12 : 0), /* IOPL */
		.rax = 0x11111111, .rbx = 0x22222222, .rcx = ecx,
		.rdx = 0x44444444, .rsp = MEM,
	};
	struct kvm_sregs s;

	memcpy(v->mem + CODE, insn, len);
	memcpy(v->mem + CODE + len, "\xe6\x42", 2);
	if (ioctl(v->vcpu, KVM_GET_SREGS, &s))
		die("KVM_GET_SREGS");
	s.cr0 = 0x11;		/* PE, ET */
	s.cr4 = cr4;
	s.efer &= ~0x500ull;
	seg(&s.cs, 8, 11, ring);
	seg(&s.ds, 16, 3, ring);
	s.es = s.fs = s.gs = s.ss = s.ds;
	s.idt.limit = 0;
	if (ioctl(v->vcpu, KVM_SET_SREGS, &s) ||
	    ioctl(v->vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
}

static uint32_t run(struct vm *v)
{
	if (ioctl(v->vcpu, KVM_RUN, 0))
		die("KVM_RUN");
	return v->run->exit_reason;
}

static struct kvm_regs get(struct vm *v)
{
	struct kvm_regs r;

	if (ioctl(v->vcpu, KVM_GET_REGS, &r))
		die("KVM_GET_REGS");
	return r;
}

static bool at_end(struct vm *v, uint32_t reason)
{
	return reason == KVM_EXIT_IO && v->run->io.port == 0x42;
}

/* Let the OUT complete, so that the vCPU can be set up anew. */
static void finish(struct vm *v)
{
	v->run->immediate_exit = 1;
	ioctl(v->vcpu, KVM_RUN, 0);
	v->run->immediate_exit = 0;
}

static const struct insn {
	const char *name, *code;
	unsigned int len;
	uint32_t id;
	uint32_t fault_cr4;	/* the CR4 with which ring 3 must not */
	uint32_t free_cr4;	/* the one with which it may */
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

	vm_open(&v, true);
	rec = kvm_x86_record_of(v.run);

	load(&v, in->code, in->len, ring, in->free_cr4, ecx);
	reason = run(&v);
	ok(reason == KVM_EXIT_X86_RECORD && rec->insn == in->id &&
	   rec->size == 8, "%s ring %d: exits (reason %u insn %u size %u)",
	   in->name, ring, reason, rec->insn, rec->size);
	if (reason != KVM_EXIT_X86_RECORD)
		goto out;
	r = get(&v);
	ok(r.rip == CODE && r.rax == 0x11111111 && r.rdx == 0x44444444,
	   "%s ring %d: not executed at the exit", in->name, ring);
	if (in->id == KVM_X86_RECORD_RDPMC)
		ok(rec->index == ecx, "%s ring %d: index is ECX", in->name, ring);
	else
		ok(rec->value != 0 && rec->flags == 0,
		   "%s ring %d: the value is filled in", in->name, ring);

	rec->value = mine;
	rec->flags = 0;
	if (in->id == KVM_X86_RECORD_RDTSCP)
		rec->index = ecx = 0x5a5a;
	reason = run(&v);
	r = get(&v);
	ok(at_end(&v, reason) && r.rax == (uint32_t)mine && r.rdx == mine >> 32 &&
	   r.rcx == ecx && r.rbx == 0x22222222,
	   "%s ring %d: the guest got what user space gave (%llx:%llx, %llx)",
	   in->name, ring, r.rdx, r.rax, r.rcx);
	finish(&v);

	load(&v, in->code, in->len, ring, in->free_cr4, 3);
	reason = run(&v);
	rec->flags = KVM_X86_RECORD_GP;
	if (reason == KVM_EXIT_X86_RECORD)
		reason = run(&v);
	ok(reason == KVM_EXIT_SHUTDOWN, "%s ring %d: #GP on request",
	   in->name, ring);
out:
	vm_close(&v);

	vm_open(&v, true);
	rec = kvm_x86_record_of(v.run);
	load(&v, in->code, in->len, ring, in->free_cr4, 3);
	reason = run(&v);
	rec->value = mine;
	rec->flags = 0;
	finish(&v);
	r = get(&v);
	ok(reason == KVM_EXIT_X86_RECORD && r.rip == CODE + in->len &&
	   r.rax == (uint32_t)mine,
	   "%s ring %d: immediate_exit completes it", in->name, ring);
	vm_close(&v);
}

static void test_fault(const struct insn *in)
{
	struct vm v;

	vm_open(&v, true);
	load(&v, in->code, in->len, 3, in->fault_cr4, 3);
	ok(run(&v) == KVM_EXIT_SHUTDOWN, "%s ring 3: #GP where CR4 forbids it",
	   in->name);
	vm_close(&v);
}

static void test_off(const struct insn *in)
{
	uint32_t reason;
	struct vm v;

	vm_open(&v, false);
	load(&v, in->code, in->len, 0, 0, 3);
	reason = run(&v);
	/* RDPMC faults where the guest has no PMU. */
	ok(at_end(&v, reason) || (in->id == KVM_X86_RECORD_RDPMC &&
				  reason == KVM_EXIT_SHUTDOWN),
	   "%s: no exit without the capability (reason %u)", in->name, reason);
	vm_close(&v);
}

int main(void)
{
	const int n = sizeof(insns) / sizeof(insns[0]);
	struct vm v;
	int i, fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		puts("1..0 # SKIP no /dev/kvm");
		return 4;
	}
	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD) <= 0) {
		puts("1..0 # SKIP KVM lacks KVM_CAP_X86_RECORD");
		return 4;
	}
	printf("1..%d\n", 5 + n * (1 + 6 * 2 + 1));

	ok(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD) == 1,
	   "version 1 on the system");
	fd = ioctl(kvm, KVM_CREATE_VM, 0);
	ok(ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD) == 1,
	   "version 1 on a VM");
	ok(enable(fd, 2) == -EINVAL, "an unknown argument gives EINVAL");
	ok(enable(fd, 1) == 0 && enable(fd, 0) == 0 && enable(fd, 1) == 0,
	   "on, off and on again");
	close(fd);
	vm_open(&v, false);
	ok(enable(v.vm, 1) == -EBUSY, "too late with a vCPU: EBUSY");
	vm_close(&v);

	for (i = 0; i < n; i++) {
		test_off(&insns[i]);
		test_exit(&insns[i], 0);
		test_exit(&insns[i], 3);
		test_fault(&insns[i]);
	}
	printf("# %d passed, %d failed\n", tests - failures, failures);
	return failures != 0;
}
