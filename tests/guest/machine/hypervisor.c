// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM offers to guests that know of it, although CPUID shows no hypervisor:
 * hypercalls, and MSRs through which KVM would write the guest's memory.  And MSRs of
 * the x2APIC, which KVM's filter does not cover.
 */
#include "traps.h"

#define EFFECT_BYTES 64

static uint32_t area[EFFECT_BYTES / 4] __attribute__((aligned(64)));

static void try_hypercall(const char *name, int amd)
{
	if (amd)
		__asm__ volatile("movl $1f, resume_at\n\tvmmcall\n1:"
				 :
				 : "a"(9), "b"(area), "c"(0), "d"(0)
				 : "memory");
	else
		__asm__ volatile("movl $1f, resume_at\n\tvmcall\n1:"
				 :
				 : "a"(9), "b"(area), "c"(0), "d"(0)
				 : "memory");
	print_raised(name);
}

static void try_write(const char *name, uint32_t msr, uint32_t value)
{
	__asm__ volatile("movl $1f, resume_at\n\twrmsr\n1:"
			 :
			 : "c"(msr), "a"(value), "d"(0)
			 : "memory");
	print_raised(name);
}

static void try_read(const char *name, uint32_t msr)
{
	__asm__ volatile("movl $1f, resume_at\n\trdmsr\n1:"
			 :
			 : "c"(msr)
			 : "eax", "edx", "memory");
	print_raised(name);
}

static void write_tsc(uint32_t upper)
{
	__asm__ volatile("wrmsr" : : "c"(0x10), "a"(0), "d"(upper));
}

/* The upper half of the TSC: it does not change within seconds. */
static uint32_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high;
}

/* KVM must not take these for a host's, which sets the TSC of a new vCPU. */
static void set_tsc(void)
{
	uint32_t upper;

	write_tsc(0x123);
	upper = read_tsc();
	print_value("hypervisor: TSC", upper);
	write_tsc(0);
	upper = read_tsc();
	print_value("hypervisor: TSC", upper);
}

static void scenario(void)
{
	uint32_t a = 1, b, c, d, written = 0, i;

	catch_traps();
	try_hypercall("hypervisor: VMCALL", 0);
	try_hypercall("hypervisor: VMMCALL", 1);
	try_write("hypervisor: KVM's wall clock", 0x4b564d00, (uint32_t)area);
	try_write("hypervisor: KVM's clock", 0x4b564d01, (uint32_t)area | 1);
	try_write("hypervisor: KVM's old clock", 0x12, (uint32_t)area | 1);
	try_write("hypervisor: KVM's steal time", 0x4b564d03,
		  (uint32_t)area | 1);
	try_read("hypervisor: read of KVM's clock", 0x4b564d01);
	try_write("hypervisor: Hyper-V's guest", 0x40000000, 1);
	try_write("hypervisor: Hyper-V's page", 0x40000001, (uint32_t)area | 1);
	try_write("hypervisor: CPUID faulting", 0x140, 1);
	try_write("hypervisor: what permits it", 0xce, 0x80000000u);
	try_write("hypervisor: the microcode's number", 0x8b, 0);
	try_read("hypervisor: read of x2APIC's ID", 0x802);
	try_write("hypervisor: x2APIC's last register", 0x8ff, 0);
	for (i = 0; i < EFFECT_BYTES / 4; i++)
		written |= area[i];
	print_value("hypervisor: memory written", written);
	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	print_value("hypervisor: APIC", d >> 9 & 1);
	set_tsc();
}
