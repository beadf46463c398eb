/*
 * The performance counter that tells the time in a recording: the conditional
 * branches that the guest has retired.
 *
 * Depends on GLib and libpfm4: rr-kvm and the recorder in QEMU share it.
 * The errors are of the domain RR_PMU_ERROR, and their code is an errno value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_PMU_EVENT_H
#define RR_PMU_EVENT_H

#include <glib.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kvm-record/host/cpu-family.h"

#define RR_PMU_ERROR rr_pmu_error_quark()
GQuark rr_pmu_error_quark(void);

struct rr_pmu_event {
	const char *name; /* "RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS" */
	const char *source; /* "libpfm4" or "built-in table" */
	uint64_t config; /* of perf_event_attr */
	uint32_t type; /* of perf_event_attr */
	char cpus[256]; /* the CPUs that have it, "0-7"; "": all */
};

/**
 * Find the event of this machine's processor.  libpfm4 knows most of them by
 * name; cpu-family.c has those that it lacks (Zen 4, the Atoms).  False, and
 * @error with ENODEV, if there is none.
 */
bool rr_pmu_event_find(struct rr_pmu_event *event, GError **error);

/**
 * Find the event in cpu-family.c alone: name, source and config.  False if @cpu
 * is not in it.
 */
bool rr_pmu_event_from_table(const struct rr_host_cpu *cpu,
			     struct rr_pmu_event *event);

/**
 * Find the event, and bind thread @tid (0: the caller) to the CPUs that have
 * it.  False and @error on failure.
 */
bool rr_pmu_event_bind(pid_t tid, struct rr_pmu_event *event, GError **error);

/**
 * Open a running counter of the conditional branches that thread @tid (0: the
 * caller) retires in guest mode, at any privilege level; binds the thread as
 * rr_pmu_event_bind() does.  The counter is pinned: read() gives 8 bytes, or 0
 * if another user has taken the counter, and then no count can be trusted.
 * Returns a file descriptor, or -1 and @error.
 */
int rr_pmu_event_open(pid_t tid, GError **error);

/** Set @error: the kernel refused with errno value @number to count @event. */
void rr_pmu_event_set_error(GError **error, int number,
			    const struct rr_pmu_event *event);

/** The CPUs in a list of Linux's, "0-7,16".  Ends at the first wrong part. */
void rr_pmu_event_parse_cpus(const char *list, cpu_set_t *set);

/** The name of the event, or "none". */
const char *rr_pmu_event_name(void);

#endif
