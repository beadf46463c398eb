/*
 * A guest of a few hundred bytes, to find out what this host's KVM can do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TINY_GUEST_H
#define RR_TINY_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ports on which the guest reports. */
enum tiny_guest_port {
	TINY_RING0 = 0x41, /* the loop in ring 0 is done */
	TINY_RING3 = 0x42, /* the loop in ring 3 is done; it starts anew */
	TINY_INTERRUPT = 0x43, /* the handler of TINY_VECTOR runs */
	TINY_FAULT = 0x44, /* any exception */
	TINY_RDTSC = 0x45, /* RDTSC is done */
};
#define TINY_VECTOR 0x50

struct kvm_run;

struct tiny_guest {
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	size_t run_bytes;
	char error[160]; /* why the last call failed */
};

/**
 * Make the guest, in 64-bit mode and ring 0, with no interrupt controller in
 * the kernel.  @record: with KVM_CAP_X86_RECORD.  Each loop then retires
 * @branches conditional branches.
 */
bool tiny_guest_open(struct tiny_guest *g, bool record, uint32_t branches);
void tiny_guest_close(struct tiny_guest *g);

/** Run to the next exit, which must be an OUT to @port. */
bool tiny_guest_run_to(struct tiny_guest *g, enum tiny_guest_port port);

/** Queue TINY_VECTOR; only where the guest can take it at once. */
bool tiny_guest_interrupt(struct tiny_guest *g);

/** Run RDTSC; true if it left to user space and took the value from there. */
bool tiny_guest_rdtsc_exits(struct tiny_guest *g);

#endif
