/*
 * Properties of this host that can spoil a recording, or slow it down.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_HOST_HINTS_H
#define RR_HOST_HINTS_H

#include <stdbool.h>

#include "kvm-record/host/check.h"
#include "kvm-record/host/cpu-family.h"

/* A switch of the host's. */
enum host_switch {
	HOST_SWITCH_UNKNOWN = -1, /* there is none, or it cannot be read */
	HOST_SWITCH_OFF = 0,
	HOST_SWITCH_ON = 1,
};

/* What the hints depend on. */
struct host_facts {
	struct rr_host_cpu cpu;
	bool is_virtual; /* the processor is a hypervisor's */
	enum host_switch spec_lock_map;
	enum host_switch freeze_on_smi;
	enum host_switch nmi_watchdog;
	enum host_switch mediated_pmu; /* KVM's parameter */
	bool two_core_types;
	char big_cores[64]; /* CPUs of the kind that records; "" unless two */
	char vmscape[128]; /* what Linux does against it; "" if not known */
	bool split_lock_detect; /* the processor raises #AC, and Linux wants it */
	bool split_lock_fatal; /* and kills who does it */
};

struct host_hint {
	enum host_check_status status;
	char reason[200];
	const char *remedy; /* "" if there is nothing to do */
};

/** Find out the facts of this host. */
struct host_facts host_facts_read(void);

/* One kind of trouble each. */
typedef struct host_hint host_hint_function(const struct host_facts *facts);
host_hint_function host_hint_processor, host_hint_spec_lock_map, host_hint_smi,
	host_hint_nmi_watchdog, host_hint_core_types, host_hint_mediated_pmu,
	host_hint_vmscape, host_hint_split_lock;

/** What to do if the counts of @cpu are not exact.  Free it with g_free(). */
char *host_inexact_remedy(const struct rr_host_cpu *cpu);

#endif
