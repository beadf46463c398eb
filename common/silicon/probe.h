/*
 * Which family of processors is this program running on?
 *
 * The probe executes the instructions whose results the manuals leave undefined
 * on fixed operands, natively, and compares them with the rules of each family.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SILICON_PROBE_H
#define RR_SILICON_PROBE_H

#include <stdint.h>

#include "common/silicon/silicon.h"

#define SILICON_PROBE_INSNS 64
#define SILICON_PROBE_FLAGS 6

/* Their masks, CF first. */
extern const uint32_t silicon_probe_flags[SILICON_PROBE_FLAGS];

struct silicon_probe {
	/* The family all of whose rules hold here; NULL if there is none. */
	const struct silicon_family *family;
	/* The family with the fewest instructions that differ. */
	const struct silicon_family *nearest;
	/* Names of the instructions that differ from ->nearest. */
	const char *different[SILICON_PROBE_INSNS];
	unsigned int different_count;
	/*
	 * The rules that explain all results of a flag, as silicon_rules_that_fit():
	 * [i][n] is of instruction i (silicon_probe_insn()) and of the status flag
	 * silicon_probe_flags[n].  No bit is set if no known rule does, and all if the
	 * instruction was left out.
	 */
	uint32_t fit[SILICON_PROBE_INSNS][SILICON_PROBE_FLAGS];
	/* A checksum of all results: equal processors have equal ones. */
	uint64_t fingerprint;
	/* The same of x87's transcendentals (x87.h); the other has none of them. */
	uint64_t x87_fingerprint;
};

/*
 * Returns the name of instruction @i of the probe, from 0 on, and its form in @form; NULL
 * when there are no more with flags.
 */
const char *silicon_probe_insn(unsigned int i, enum silicon_form *form);

/*
 * Probe the processor of the calling thread, in a few milliseconds.
 * Instructions that CPUID does not show are left out, of the fingerprint too.
 */
void silicon_probe(struct silicon_probe *probe);

#endif
