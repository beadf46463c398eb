/*
 * A guest that does what a short script says, its recording and its replay, for
 * tests of the replayer in one process (tests/lib/qemu-stand-ins.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "tcg-replay/qemu/replay.h"

#define SCRIPT_BLOCKS 2
#define SCRIPT_ITEMS 60
#define SCRIPT_MSR 0x8b /* IA32_BIOS_SIGN_ID, which is not CPU state */
#define SCRIPT_SECOND_GPA 0x100000 /* of the second block */

/* What the guest does ... */
enum item_kind {
	RUN, /* so many conditional branches */
	PORT_READ,
	MMIO_READ,
	PORT_WRITE,
	MMIO_WRITE,
	RDTSC,
	RDTSCP,
	RDPMC,
	RDRAND,
	RDMSR,
	WRMSR,
	FAULT, /* a triple fault, and the reset that the environment makes */
	GUEST_KINDS,
	/* ... and the environment, between two instructions. */
	DMA = GUEST_KINDS,
	SLOT,
	INTERRUPT,
	NMI,
	CR8,
	CPU_STATE,
	TLB_FLUSH,
	PTE_BITS,
	WORDS,
	CLOCK,
	KINDS
};

struct item {
	enum item_kind kind;
	uint64_t number;
};

struct seed {
	struct item items[SCRIPT_ITEMS];
	bool epoch_clock;
	bool has_faults;
	char *trace;
	uint64_t block_bytes[SCRIPT_BLOCKS];
	uint8_t *ram[SCRIPT_BLOCKS]; /* at the end */
	uint64_t end_state[RR_CPU_STATE_COUNT];
};

struct guest {
	const struct seed *seed;
	X86CPU *cpu;
	unsigned int at; /* item */
	uint64_t left; /* branches of the item RUN */
};

/** Fill in the items: something happens in each, and the last has branches. */
void script_make(struct seed *seed, GRand *random);

/** Write the trace of @seed; 0 or a negative errno value. */
int script_record(struct seed *seed);

/** A guest at the first item of @seed; the caller frees its cpu. */
struct guest script_guest(const struct seed *seed);
CPUX86State *script_env(struct guest *g);
/** What the registers are where the guest is: they all depend on it. */
void script_set_registers(struct guest *g);
void script_next_item(struct guest *g);

/** Open @trace for @r, as machine.c does; 0 or a negative errno value. */
int script_set_up(struct rr_replay *r, const char *trace, struct guest *g);
/** Run the guest until the replay is over. */
void script_replay(struct rr_replay *r, struct guest *g);
void script_tear_down(struct rr_replay *r);

#endif
