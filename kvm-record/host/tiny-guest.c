/*
 * A guest of a few hundred bytes; see tiny-guest.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel-patch/include/kvm_x86_record.h"
#include "kvm-record/host/tiny-guest.h"
#include "common/cli/message.h"

/* Linear addresses are guest physical ones: one 2 MiB page maps all. */
enum {
	PML4 = 0x1000,
	PDPT = 0x2000,
	PD = 0x3000,
	GDT = 0x4000,
	TSS = 0x5000,
	IDT = 0x6000,
	COUNTER = 0x7000,
	CODE = 0x8000,
	KERNEL_STACK = 0xe000,
	USER_STACK = 0xf000,
};
enum { KCODE = 0x08, KDATA = 0x10, UCODE = 0x1b, UDATA = 0x23, TASK = 0x28 };

/*
 * r8d is the number of branches in each loop.  The locked increment makes the
 * counter of an AMD Zen inexact if its SpecLockMap is on.
 */
__asm__(".section .rodata\n"
	"tiny_start:\n"
	"	mov	%r8d, %ecx\n"
	"1:	dec	%ecx\n"
	"	jnz	1b\n"
	"	out	%al, $0x41\n"
	"	pushq	$0x23\n"
	"	pushq	$0xf000\n"
	"	pushq	$0x3202\n" /* IOPL 3, IF */
	"	pushq	$0x1b\n"
	"	lea	2f(%rip), %rax\n"
	"	pushq	%rax\n"
	"	iretq\n"
	"2:	mov	%r8d, %ecx\n"
	"3:	lock incl 0x7000\n"
	"	dec	%ecx\n"
	"	jnz	3b\n"
	"	out	%al, $0x42\n"
	"	jmp	2b\n"
	"tiny_interrupt:\n"
	"	out	%al, $0x43\n"
	"	iretq\n"
	"tiny_fault:\n"
	"	out	%al, $0x44\n"
	"	hlt\n"
	"	jmp	tiny_fault\n"
	"tiny_rdtsc:\n"
	"	rdtsc\n"
	"	out	%al, $0x45\n"
	"	jmp	tiny_rdtsc\n"
	"tiny_end:\n"
	".previous\n");
extern const uint8_t tiny_start[], tiny_interrupt[], tiny_fault[], tiny_rdtsc[],
	tiny_end[];

static uint64_t address_of(const uint8_t *label)
{
	return CODE + (uint64_t)(label - tiny_start);
}

static bool fail_errno(GError **error, const char *call)
{
	rr_set_error_errno(error, errno, call);
	return false;
}

static void put64(uint8_t *memory, uint32_t at, uint64_t value)
{
	memcpy(memory + at, &value, sizeof(value));
}

static void put_gate(uint8_t *memory, int vector, uint64_t handler)
{
	uint64_t low = (handler & 0xffff) | (uint64_t)KCODE << 16 |
		       0x8e00ull << 32 | (handler >> 16 & 0xffff) << 48;

	put64(memory, IDT + 16 * vector, low);
	put64(memory, IDT + 16 * vector + 8, handler >> 32);
}

void tiny_guest_fill_memory(uint8_t *memory)
{
	static const uint64_t gdt[] = {
		0,
		0x00af9b000000ffff,
		0x00cf93000000ffff, /* ring 0 */
		0x00affb000000ffff,
		0x00cff3000000ffff, /* ring 3 */
		0x00008b0000000067 | (uint64_t)TSS << 16,
		0,
	};
	int i;

	put64(memory, PML4, PDPT | 7);
	put64(memory, PDPT, PD | 7);
	put64(memory, PD, 0xe7); /* present, writable, user, A, D, 2 MiB */
	memcpy(memory + GDT, gdt, sizeof(gdt));
	put64(memory, TSS + 4, KERNEL_STACK);
	for (i = 0; i < 256; i++)
		put_gate(memory, i,
			 address_of(i == TINY_VECTOR ? tiny_interrupt :
						       tiny_fault));
	memcpy(memory + CODE, tiny_start, (size_t)(tiny_end - tiny_start));
}

static struct kvm_segment segment(int selector, int type, bool code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = (uint16_t)selector,
		.type = (uint8_t)type,
		.present = 1,
		.s = 1,
		.g = 1,
		.l = code,
		.db = !code,
	};
}

static bool set_registers(struct tiny_guest *g, uint32_t branches,
			  GError **error)
{
	struct kvm_regs regs = {
		.rip = CODE,
		.rflags = 2,
		.rsp = KERNEL_STACK,
		.r8 = branches,
	};
	struct kvm_sregs s;

	if (ioctl(g->vcpu, KVM_GET_SREGS, &s))
		return fail_errno(error, "KVM_GET_SREGS");
	s.cs = segment(KCODE, 11, true);
	s.ds = s.es = s.fs = s.gs = s.ss = segment(KDATA, 3, false);
	s.tr = (struct kvm_segment){
		.base = TSS,
		.limit = 0x67,
		.selector = TASK,
		.type = 11,
		.present = 1,
	};
	s.gdt.base = GDT;
	s.gdt.limit = 7 * 8 - 1;
	s.idt.base = IDT;
	s.idt.limit = 256 * 16 - 1;
	s.cr0 = 0x80000011; /* PG, ET, PE */
	s.cr3 = PML4;
	s.cr4 = 0x20; /* PAE */
	s.efer = 0x500; /* LMA, LME */
	if (ioctl(g->vcpu, KVM_SET_SREGS, &s))
		return fail_errno(error, "KVM_SET_SREGS (64-bit mode)");
	if (ioctl(g->vcpu, KVM_SET_REGS, &regs))
		return fail_errno(error, "KVM_SET_REGS");
	return true;
}

static bool set_cpuid(struct tiny_guest *g, GError **error)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} c;

	c.head.nent = 256;
	if (ioctl(g->kvm, KVM_GET_SUPPORTED_CPUID, &c))
		return fail_errno(error, "KVM_GET_SUPPORTED_CPUID");
	if (ioctl(g->vcpu, KVM_SET_CPUID2, &c))
		return fail_errno(error, "KVM_SET_CPUID2");
	return true;
}

static bool create_vm(struct tiny_guest *g, bool record, GError **error)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { 1 },
	};
	uint64_t identity_map = 0xfffbc000;

	g->vm = ioctl(g->kvm, KVM_CREATE_VM, 0);
	if (g->vm < 0)
		return fail_errno(error, "KVM_CREATE_VM");
	if (record && ioctl(g->vm, KVM_ENABLE_CAP, &cap))
		return fail_errno(error,
				  "KVM_ENABLE_CAP of KVM_CAP_X86_RECORD");
	/*
	 * Old Intel processors need these.  Where they fail they are not
	 * needed.
	 */
	ioctl(g->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	ioctl(g->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	return true;
}

static bool add_memory(struct tiny_guest *g, GError **error)
{
	struct kvm_userspace_memory_region r = { .memory_size =
							 TINY_MEMORY_BYTES };

	g->memory = mmap(NULL, TINY_MEMORY_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->memory == MAP_FAILED)
		return fail_errno(error, "mmap");
	r.userspace_addr = (uintptr_t)g->memory;
	if (ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &r))
		return fail_errno(error, "KVM_SET_USER_MEMORY_REGION");
	tiny_guest_fill_memory(g->memory);
	return true;
}

static bool create_vcpu(struct tiny_guest *g, GError **error)
{
	int bytes;

	g->vcpu = ioctl(g->vm, KVM_CREATE_VCPU, 0);
	if (g->vcpu < 0)
		return fail_errno(error, "KVM_CREATE_VCPU");
	bytes = ioctl(g->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes <= 0)
		return fail_errno(error, "KVM_GET_VCPU_MMAP_SIZE");
	g->run_bytes = (size_t)bytes;
	g->run = mmap(NULL, g->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      g->vcpu, 0);
	if (g->run == MAP_FAILED)
		return fail_errno(error, "mmap of struct kvm_run");
	return set_cpuid(g, error);
}

bool tiny_guest_open(struct tiny_guest *g, bool record, uint32_t branches,
		     GError **error)
{
	*g = (struct tiny_guest){
		.vm = -1,
		.vcpu = -1,
		.memory = MAP_FAILED,
		.run = MAP_FAILED,
	};
	g->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (g->kvm < 0)
		return fail_errno(error, "/dev/kvm");
	return create_vm(g, record, error) && add_memory(g, error) &&
	       create_vcpu(g, error) && set_registers(g, branches, error);
}

void tiny_guest_close(struct tiny_guest *g)
{
	if (g->run != MAP_FAILED)
		munmap(g->run, g->run_bytes);
	if (g->vcpu >= 0)
		close(g->vcpu);
	if (g->vm >= 0)
		close(g->vm);
	if (g->memory != MAP_FAILED)
		munmap(g->memory, TINY_MEMORY_BYTES);
	if (g->kvm >= 0)
		close(g->kvm);
}

static bool run_vcpu(struct tiny_guest *g, GError **error)
{
	int ret;

	do
		ret = ioctl(g->vcpu, KVM_RUN, 0);
	while (ret && (errno == EINTR || errno == EAGAIN));
	return ret ? fail_errno(error, "KVM_RUN") : true;
}

static bool wrong_exit(struct tiny_guest *g, int port, GError **error)
{
	const struct kvm_run *r = g->run;
	struct kvm_regs regs = { 0 };

	ioctl(g->vcpu, KVM_GET_REGS, &regs);
	if (r->exit_reason == KVM_EXIT_IO && r->io.port == TINY_FAULT) {
		rr_set_error(error,
			     "the guest took an exception before it reached "
			     "port 0x%x",
			     port);
		return false;
	}
	rr_set_error(error,
		     "expected an OUT to port 0x%x, got exit reason %u "
		     "(port 0x%x, suberror %u) at RIP 0x%llx",
		     port, r->exit_reason,
		     r->exit_reason == KVM_EXIT_IO ? r->io.port : 0,
		     r->exit_reason == KVM_EXIT_INTERNAL_ERROR ?
			     r->internal.suberror :
			     0,
		     (unsigned long long)regs.rip);
	return false;
}

bool tiny_guest_run_to(struct tiny_guest *g, enum tiny_guest_port port,
		       GError **error)
{
	if (!run_vcpu(g, error))
		return false;
	if (g->run->exit_reason != KVM_EXIT_IO || g->run->io.port != port)
		return wrong_exit(g, port, error);
	return true;
}

/* Let KVM finish the instruction of the last exit. */
static void finish_exit(struct tiny_guest *g)
{
	g->run->immediate_exit = 1;
	ioctl(g->vcpu, KVM_RUN, 0);
	g->run->immediate_exit = 0;
}

bool tiny_guest_interrupt(struct tiny_guest *g, GError **error)
{
	struct kvm_interrupt irq = { .irq = TINY_VECTOR };

	finish_exit(g);
	if (!g->run->ready_for_interrupt_injection) {
		rr_set_error(error, "KVM is not ready for an interrupt "
				    "although the guest's IF is set");
		return false;
	}
	if (ioctl(g->vcpu, KVM_INTERRUPT, &irq))
		return fail_errno(error, "KVM_INTERRUPT");
	return true;
}

bool tiny_guest_rdtsc_exits(struct tiny_guest *g, GError **error)
{
	const uint64_t mine = 0x123456789abcdef0;
	struct kvm_regs regs;

	if (ioctl(g->vcpu, KVM_GET_REGS, &regs))
		return fail_errno(error, "KVM_GET_REGS");
	regs.rip = address_of(tiny_rdtsc);
	if (ioctl(g->vcpu, KVM_SET_REGS, &regs))
		return fail_errno(error, "KVM_SET_REGS");
	if (!run_vcpu(g, error))
		return false;
	if (g->run->exit_reason != KVM_EXIT_X86_RECORD) {
		rr_set_error(error,
			     "RDTSC did not exit to user space (exit reason "
			     "%u)",
			     g->run->exit_reason);
		return false;
	}
	kvm_x86_record_of(g->run)->value = mine;
	kvm_x86_record_of(g->run)->flags = 0;
	if (!tiny_guest_run_to(g, TINY_RDTSC, error))
		return false;
	if (ioctl(g->vcpu, KVM_GET_REGS, &regs))
		return fail_errno(error, "KVM_GET_REGS");
	if (regs.rax == (uint32_t)mine && regs.rdx == mine >> 32)
		return true;
	rr_set_error(error, "RDTSC gave the guest another value than ours");
	return false;
}
