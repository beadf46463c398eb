/*
 * The performance counter that a recording tells time by: conditional branches
 * that the guest has retired.
 *
 * Plain C11 and libpfm4, shared by rr-kvm and the recording QEMU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_PMU_EVENT_H
#define RR_PMU_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rr_pmu_event {
	const char *name; /* "RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS" */
	const char *source; /* "libpfm4" or "built-in table" */
	uint64_t config; /* perf_event_attr.config */
	uint32_t type; /* perf_event_attr.type */
	const char *cpus; /* the only CPUs that have it ("0-7"), or NULL */
};

/**
 * The event of this machine's processor; -ENODEV where none is known, and the
 * reason in @err.  The result is kept; not to be called first by two threads.
 */
int rr_pmu_event_find(const struct rr_pmu_event **event, char *err,
		      size_t err_bytes);

/**
 * A running counter of conditional branches retired in guest mode by thread
 * @tid (0: the caller), at any privilege level; or -errno and the reason with
 * its remedy in @err.
 *
 * On a processor with several kinds of core the thread is bound to one kind.
 * The counter is pinned: read() gives 8 bytes, or 0 where the counter was lost
 * to another user, after which no count can be trusted.
 */
int rr_pmu_event_open(pid_t tid, char *err, size_t err_bytes);

/**
 * The event for thread @tid (0: the caller), which is bound to the kind of core
 * that has it; or -errno and the reason in @err.
 */
int rr_pmu_event_bind(pid_t tid, const struct rr_pmu_event **event, char *err,
		      size_t err_bytes);

/** Why the kernel would not count @e (its errno), with the remedy. */
void rr_pmu_event_explain(int error, const struct rr_pmu_event *e, char *err,
			  size_t err_bytes);

/** Name of the event, or "none". */
const char *rr_pmu_event_name(void);

/* The processor, as CPUID has it. */
struct rr_host_cpu {
	char vendor[13];
	unsigned int family;
	unsigned int model;
};

struct rr_host_cpu rr_host_cpu(void);

#endif
