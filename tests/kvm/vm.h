/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tiny guest for tests of KVM_CAP_X86_RECORD: a few bytes of code in any
 * mode of the processor, in ring 0 or 3.  It has no IDT, so a fault is a shutdown
 * exit.  It ends with an OUT to END_PORT.
 */
#ifndef TESTS_KVM_VM_H
#define TESTS_KVM_VM_H

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel-patch/include/kvm_x86_record.h"
#include "tests/tap.h"

#define CODE 0x1000
#define TABLES 0x2000 /* PML4, PDPT, PD: map 2 MiB one to one */
#define STACK 0x8000
#define MEM 0x200000
#define END_PORT 0x42
#define PAGE 4096

#define CR4_TSD (1 << 2)
#define CR4_PAE (1 << 5)
#define CR4_PCE (1 << 8)
#define FLAGS 0x2 /* the bit that is always set */
#define OUT_END "\xe6\x42"
#define MSR_TSC 0x10

static inline bool is_intel(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
}

enum mode { REAL, PROTECTED, COMPAT, LONG, MODES };

static const char *const mode_names[] __attribute__((unused)) = {
	"real",
	"32-bit",
	"compatibility",
	"64-bit",
};

struct vm {
	int kvm, vm, vcpu;
	uint8_t *mem;
	struct kvm_run *run;
	size_t run_size;
	struct kvm_x86_record_shared *shared;
	struct kvm_x86_record_slot *ring;
	size_t shared_size;
};

static inline void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline int enable(int vm, uint64_t flags, uint64_t slots, uint64_t ns)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { flags, slots, ns },
	};

	return ioctl(vm, KVM_ENABLE_CAP, &cap) ? -errno : 0;
}

/* The flags that this KVM supports; skips the whole test if it has none. */
static inline int need_record(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), has;

	if (kvm < 0) {
		puts("1..0 # SKIP no /dev/kvm");
		exit(KSFT_SKIP);
	}
	has = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD);
	if (has <= 0) {
		puts("1..0 # SKIP KVM lacks KVM_CAP_X86_RECORD");
		exit(KSFT_SKIP);
	}
	close(kvm);
	return has >> KVM_X86_RECORD_FLAGS_SHIFT;
}

static inline void set_cpuid(struct vm *v)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} c;

	c.head.nent = 256;
	if (ioctl(v->kvm, KVM_GET_SUPPORTED_CPUID, &c))
		die("KVM_GET_SUPPORTED_CPUID");
	if (ioctl(v->vcpu, KVM_SET_CPUID2, &c))
		die("KVM_SET_CPUID2");
}

/* Create vCPU number @id in an existing VM, with @slots in its ring. */
static inline void vcpu_open(struct vm *v, int id, uint64_t flags,
			     uint64_t slots)
{
	v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, id);
	if (v->vcpu < 0)
		die("KVM_CREATE_VCPU");
	v->run_size = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      v->vcpu, 0);
	if (v->run == MAP_FAILED)
		die("mmap of kvm_run");
	if (flags) {
		v->shared_size = PAGE;
		if (flags & KVM_X86_RECORD_RING)
			v->shared_size += slots * sizeof(*v->ring);
		v->shared = mmap(NULL, v->shared_size, PROT_READ | PROT_WRITE,
				 MAP_SHARED, v->vcpu,
				 KVM_X86_RECORD_PAGE_OFFSET * (off_t)PAGE);
		if (v->shared == MAP_FAILED)
			die("mmap of the ring");
		v->ring = (void *)((char *)v->shared + PAGE);
	}
	set_cpuid(v);
}

/* A flag of vm_open(), not of KVM: no virtual PMU, as in a recording. */
#define VM_NO_PMU (1ull << 63)

static inline void vm_open(struct vm *v, uint64_t flags, uint64_t slots,
			   uint64_t ns)
{
	struct kvm_userspace_memory_region r = { .memory_size = MEM };
	struct kvm_enable_cap no_pmu = {
		.cap = KVM_CAP_PMU_CAPABILITY,
		.args = { KVM_PMU_CAP_DISABLE },
	};

	memset(v, 0, sizeof(*v));
	v->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	v->vm = ioctl(v->kvm, KVM_CREATE_VM, 0);
	if (v->vm < 0)
		die("KVM_CREATE_VM");
	if ((flags & VM_NO_PMU) && ioctl(v->vm, KVM_ENABLE_CAP, &no_pmu))
		die("KVM_CAP_PMU_CAPABILITY");
	flags &= ~VM_NO_PMU;
	if (flags && enable(v->vm, flags, slots, ns))
		die("KVM_ENABLE_CAP");
	v->mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v->mem == MAP_FAILED)
		die("mmap");
	r.userspace_addr = (uintptr_t)v->mem;
	if (ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &r))
		die("KVM_SET_USER_MEMORY_REGION");
	vcpu_open(v, 0, flags, slots);
}

static inline void vcpu_close(struct vm *v)
{
	munmap(v->run, v->run_size);
	if (v->shared)
		munmap(v->shared, v->shared_size);
	close(v->vcpu);
}

static inline void vm_close(struct vm *v)
{
	vcpu_close(v);
	munmap(v->mem, MEM);
	close(v->vm);
	close(v->kvm);
}

static inline void seg(struct kvm_segment *s, enum mode mode, int sel, int type,
		       int dpl)
{
	*s = (struct kvm_segment){
		.limit = mode == REAL ? 0xffff : 0xffffffff,
		.selector = mode == REAL ? 0 : sel | dpl,
		.type = type,
		.present = 1,
		.dpl = dpl,
		.s = 1,
		.g = mode != REAL,
		.db = mode == PROTECTED || mode == COMPAT ||
		      (mode == LONG && type == 3),
		.l = mode == LONG && type == 11,
	};
}

static inline void put64(struct vm *v, uint32_t at, uint64_t value)
{
	memcpy(v->mem + at, &value, sizeof(value));
}

/* Set the guest up to run @code and then end. */
static inline void load(struct vm *v, enum mode mode, int ring, uint32_t cr4,
			const void *code, size_t bytes, uint64_t rcx)
{
	struct kvm_regs regs = {
		.rip = CODE,
		.rflags = FLAGS | (ring ? 3 << 12 : 0), /* IOPL */
		.rax = 0x11111111,
		.rbx = 0x22222222,
		.rcx = rcx,
		.rdx = 0x44444444,
		.rsp = STACK,
	};
	struct kvm_sregs s;

	memcpy(v->mem + CODE, code, bytes);
	memcpy(v->mem + CODE + bytes, OUT_END, 2);
	put64(v, TABLES, (TABLES + 0x1000) | 7);
	put64(v, TABLES + 0x1000, (TABLES + 0x2000) | 7);
	put64(v, TABLES + 0x2000, 0x87); /* large, user, writable */
	if (ioctl(v->vcpu, KVM_GET_SREGS, &s))
		die("KVM_GET_SREGS");
	s.cr0 = mode == REAL ? 0x10 : 0x11; /* ET, PE */
	s.cr4 = cr4;
	s.efer = 0;
	if (mode >= COMPAT) {
		s.cr0 |= 1u << 31;
		s.cr4 |= CR4_PAE;
		s.cr3 = TABLES;
		s.efer = 0x500; /* LME, LMA */
	}
	seg(&s.cs, mode, 8, 11, ring);
	seg(&s.ds, mode, 16, 3, ring);
	s.es = s.fs = s.gs = s.ss = s.ds;
	s.idt.limit = 0;
	if (ioctl(v->vcpu, KVM_SET_SREGS, &s) ||
	    ioctl(v->vcpu, KVM_SET_REGS, &regs))
		die("KVM_SET_REGS");
}

/* Run the guest.  Returns the reason of the exit, 0 for a signal. */
static inline uint32_t run(struct vm *v)
{
	if (!ioctl(v->vcpu, KVM_RUN, 0))
		return v->run->exit_reason;
	if (errno != EINTR)
		die("KVM_RUN");
	return 0;
}

static inline struct kvm_regs get(struct vm *v)
{
	struct kvm_regs r;

	if (ioctl(v->vcpu, KVM_GET_REGS, &r))
		die("KVM_GET_REGS");
	return r;
}

static inline bool at_end(struct vm *v, uint32_t reason)
{
	return reason == KVM_EXIT_IO && v->run->io.port == END_PORT;
}

/* Complete the exit's instruction, so that the vCPU can be set up anew. */
static inline void finish(struct vm *v)
{
	v->run->immediate_exit = 1;
	ioctl(v->vcpu, KVM_RUN, 0);
	v->run->immediate_exit = 0;
}

/* The number of slots in the ring. */
static inline uint32_t in_ring(const struct vm *v)
{
	return v->shared->head - v->shared->tail;
}

/* Take the next entry.  The slots after a step's go to @position. */
static inline struct kvm_x86_record_slot
take(struct vm *v, struct kvm_x86_record_position *position)
{
	uint32_t mask = v->shared->slots - 1, at = v->shared->tail;
	struct kvm_x86_record_slot s = v->ring[at & mask];
	unsigned int i;

	if (position)
		memset(position, 0, sizeof(*position));
	for (i = 1; position && i < s.slots; i++)
		memcpy((char *)position + (i - 1) * sizeof(s),
		       &v->ring[(at + i) & mask], sizeof(s));
	v->shared->tail = at + s.slots;
	return s;
}

#endif
