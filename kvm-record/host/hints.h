/*
 * Properties of this host's processor that can spoil a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOST_HINTS_H
#define RR_HOST_HINTS_H

#include <stdbool.h>

#include "kvm-record/host/cpu-family.h"

/* What the hints depend on. */
struct host_facts {
	struct rr_host_cpu cpu;
	bool is_virtual; /* the processor is a hypervisor's */
	int spec_lock_map; /* 1 on, 0 off, -1 not readable */
	int freeze_on_smi; /* 1 on, 0 off, -1 there is no such file */
	bool two_core_types;
};

struct host_hint {
	bool is_warning;
	char reason[160];
	const char *remedy; /* "" if there is nothing to do */
};

/** Find out the facts of this host. */
struct host_facts host_facts_read(void);

/** The most important hint for a host with these facts. */
struct host_hint host_hint(const struct host_facts *facts);

/** What to do if the counts of @cpu are not exact.  Free it with g_free(). */
char *host_inexact_remedy(const struct rr_host_cpu *cpu);

#endif
