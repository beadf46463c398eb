/*
 * The single checks, for check.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOST_CHECK_INTERNAL_H
#define RR_HOST_CHECK_INTERNAL_H

#include "kvm-record/host/check.h"

/* Parts of remedies. */
#define CHECK_LAB "or record in the lab: rr-kvm record --lab"
#define CHECK_BAD_KVM                                                 \
	"this KVM cannot run guests as hardware does; use a machine " \
	"with real virtualization, " CHECK_LAB

/** check-result.c: Fill in @r.  @remedy may be NULL. */
void host_check_set(struct host_check_result *r, enum host_check_status status,
		    const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * check.c: Wait until @fd can be read, for @seconds in which this process could
 * run.  What passes while the host stands still does not count.  Returns false
 * if the time is over.  Any thread may call it.
 */
bool host_check_wait(int fd, int seconds);

/*
 * Each runs in a child process and fills in its result.  @tries: how many loops
 * host_check_pmu_exact() counts; the others ignore it.
 */
typedef void host_check_function(struct host_check_result *r, int tries);

/* check-kvm.c */
host_check_function host_check_device, host_check_api, host_check_capabilities,
	host_check_rings, host_check_irqchip, host_check_patch;

/* check-pmu.c */
host_check_function host_check_pmu_event, host_check_pmu_exact;

/* check-hints.c */
host_check_function host_check_processor, host_check_spec_lock_map,
	host_check_smi, host_check_nmi_watchdog, host_check_core_types,
	host_check_mediated_pmu, host_check_vmscape, host_check_split_lock;

/* check-silicon.c */
host_check_function host_check_silicon;

#endif
