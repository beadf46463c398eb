/*
 * A guest of a few hundred bytes, which tests what this host's KVM can do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_TINY_GUEST_H
#define RR_TINY_GUEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ports on which the guest reports. */
enum tiny_guest_port {
	TINY_RING0 = 0x41, /* the loop in ring 0 is done */
	TINY_RING3 = 0x42, /* the loop in ring 3 is done; it starts again */
	TINY_INTERRUPT = 0x43, /* the handler of TINY_VECTOR runs */
	TINY_FAULT = 0x44, /* any exception */
	TINY_RDTSC = 0x45, /* RDTSC is done */
};
#define TINY_VECTOR 0x50

#define TINY_MEMORY_BYTES 0x10000

struct kvm_run;

struct tiny_guest {
	int kvm, vm, vcpu;
	uint8_t *memory; /* TINY_MEMORY_BYTES */
	struct kvm_run *run;
	size_t run_bytes;
};

/** Write the guest's code and tables to @memory, TINY_MEMORY_BYTES of zeros. */
void tiny_guest_fill_memory(uint8_t *memory);

/**
 * Make the guest, in 64-bit mode and ring 0, with no interrupt controller in
 * the kernel.  @record: with KVM_CAP_X86_RECORD.  Each of its loops then
 * retires @branches conditional branches.  False and @error on failure; close
 * the guest in any case.
 */
bool tiny_guest_open(struct tiny_guest *g, bool record, uint32_t branches,
		     GError **error);
void tiny_guest_close(struct tiny_guest *g);

/** Run to the next exit, which must be an OUT to @port. */
bool tiny_guest_run_to(struct tiny_guest *g, enum tiny_guest_port port,
		       GError **error);

/** Queue TINY_VECTOR.  The guest must be able to take it at once. */
bool tiny_guest_interrupt(struct tiny_guest *g, GError **error);

/** Run RDTSC, which must exit to us and take the value from us. */
bool tiny_guest_rdtsc_exits(struct tiny_guest *g, GError **error);

#endif
