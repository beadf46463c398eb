/*
 * Checks of what may spoil a recording, by the facts of this host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/host/check-internal.h"
#include "kvm-record/host/hints.h"

static void report(struct host_check_result *r, host_hint_function *function)
{
	struct host_facts facts = host_facts_read();
	struct host_hint hint = function(&facts);

	host_check_set(r, hint.status, hint.remedy, "%s", hint.reason);
}

#define CHECK(name)                                                    \
	void host_check_##name(struct host_check_result *r, int tries) \
	{                                                              \
		(void)tries;                                           \
		report(r, host_hint_##name);                           \
	}

CHECK(processor)
CHECK(spec_lock_map)
CHECK(smi)
CHECK(nmi_watchdog)
CHECK(core_types)
CHECK(mediated_pmu)
CHECK(vmscape)
CHECK(split_lock)
