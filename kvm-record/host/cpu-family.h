/*
 * The processor families that can record, one row each.
 *
 * Depends on GLib alone: rr-kvm and the recorder in QEMU share it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPU_FAMILY_H
#define RR_CPU_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A processor, as CPUID describes it. */
struct rr_host_cpu {
	char vendor[13]; /* "GenuineIntel" */
	unsigned int family;
	unsigned int model;
};

/* Properties that can spoil a recording; see rr_quirk_remedy(). */
enum rr_cpu_quirk {
	/* Locked instructions make the counter of branches inexact. */
	RR_QUIRK_SPEC_LOCK_MAP = 1 << 0,
	/* The branches of an SMI handler are counted as the guest's. */
	RR_QUIRK_SMI = 1 << 1,
	/* There may be two kinds of core, with a PMU each. */
	RR_QUIRK_HYBRID = 1 << 2,
};

struct rr_cpu_family {
	const char *name; /* for people */
	const char *vendors[2]; /* CPUID's; the second may be NULL */
	unsigned int family;
	bool later_families; /* as well */
	const uint8_t *models; /* of the family; 0 ends them; NULL: all */
	const char *event; /* the vendor's name of the event to count */
	uint64_t config; /* of perf_event_attr: event and unit mask */
	unsigned int quirks; /* enum rr_cpu_quirk */
	const char *note; /* for people, what to know; NULL: nothing */
	const char *source; /* where event and quirks are documented */
};

/** The processor that this code runs on. */
struct rr_host_cpu rr_host_cpu(void);

/**
 * Decode CPUID: @leaf0 and @leaf1 are EAX, EBX, ECX, EDX of these leaves.
 */
struct rr_host_cpu rr_host_cpu_decode(const uint32_t leaf0[4],
				      const uint32_t leaf1[4]);

/** The row of @cpu; NULL if it is in none. */
const struct rr_cpu_family *rr_cpu_family_find(const struct rr_host_cpu *cpu);

/** Row @i; NULL behind the last. */
const struct rr_cpu_family *rr_cpu_family_at(size_t i);

/** What to do about one quirk. */
const char *rr_quirk_remedy(enum rr_cpu_quirk quirk);

/** All rows as a table in Markdown, as in README.md.  Free it with g_free(). */
char *rr_cpu_family_table(void);

#endif
