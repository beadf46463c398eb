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

struct silicon_probe {
	/* The family all of whose rules hold here; NULL if there is none. */
	const struct silicon_family *family;
	/* The family with the fewest instructions that differ. */
	const struct silicon_family *nearest;
	/* Names of the instructions that differ from ->nearest. */
	const char *different[SILICON_PROBE_INSNS];
	unsigned int different_count;
	/* A checksum of all results: equal processors have equal ones. */
	uint64_t fingerprint;
	/* The same of x87's transcendentals (x87.h); the other has none of them. */
	uint64_t x87_fingerprint;
};

/*
 * Probe the processor of the calling thread, in about a millisecond.
 * Instructions that CPUID does not show are left out, of the fingerprint too.
 */
void silicon_probe(struct silicon_probe *probe);

#endif
