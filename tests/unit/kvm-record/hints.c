/*
 * What check-host says of a processor, by its facts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm-record/host/hints.h"
#include "tests/tap.h"

#define ZEN                                                             \
	{                                                               \
		.vendor = "AuthenticAMD", .family = 0x19, .model = 0x21 \
	}
#define SKYLAKE                                                      \
	{                                                            \
		.vendor = "GenuineIntel", .family = 6, .model = 0x5e \
	}

/* @reason is part of the hint's; @remedy NULL: no warning. */
static void check(const char *what, struct host_facts facts, const char *reason,
		  const char *remedy)
{
	struct host_hint hint = host_hint(&facts);

	ksft_ok(hint.is_warning == (remedy != NULL) &&
			strstr(hint.reason, reason) &&
			strstr(hint.remedy, remedy ? remedy : ""),
		"%s: %s", what, hint.reason);
}

static void check_inexact(const char *what, struct rr_host_cpu cpu,
			  const char *remedy)
{
	char *found = host_inexact_remedy(&cpu);

	ksft_ok(strstr(found, remedy), "inexact counts on %s: %s", what, found);
	g_free(found);
}

int main(void)
{
	struct host_facts facts = { .cpu = ZEN, .spec_lock_map = 1 };
	struct host_hint here;

	ksft_plan(7 + 3 + 1);
	check("Zen, SpecLockMap on", facts, "is on", "bit 54");
	facts.spec_lock_map = -1;
	check("Zen, no MSR", facts, "cannot read", "bit 54");
	facts.is_virtual = true;
	check("the same, virtual", facts, "family 0x19 model 0x21, virtual",
	      NULL);
	facts = (struct host_facts){ .cpu = ZEN };
	check("Zen, SpecLockMap off", facts, "no known trouble", NULL);

	facts = (struct host_facts){ .cpu = SKYLAKE, .spec_lock_map = -1 };
	check("Intel, no freeze", facts, "SMI", "freeze_on_smi");
	facts.freeze_on_smi = 1;
	check("Intel, freeze", facts, "no known trouble", NULL);
	facts.two_core_types = true;
	check("Intel, two kinds of core", facts, "big ones", "nothing to do");

	check_inexact("Zen", (struct rr_host_cpu)ZEN, "bit 54");
	check_inexact("Intel", (struct rr_host_cpu)SKYLAKE, "freeze_on_smi");
	check_inexact("another", (struct rr_host_cpu){ .vendor = "x" },
		      "freeze_on_smi");

	facts = host_facts_read();
	here = host_hint(&facts);
	ksft_ok(here.reason[0] && here.remedy, "this host: %s", here.reason);
	return ksft_end();
}
