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

#define OK HOST_CHECK_OK
#define WARN HOST_CHECK_WARN
#define FAIL HOST_CHECK_FAIL

static const struct {
	const char *what;
	host_hint_function *function;
	struct host_facts facts;
	enum host_check_status status;
	const char *reason, *remedy; /* parts of the hint's */
} cases[] = {
	{ "Zen", host_hint_processor, { .cpu = ZEN }, OK, "0x19 model 0x21", "" },
	{ "a nested host",
	  host_hint_processor,
	  { .cpu = ZEN, .is_virtual = true },
	  OK,
	  "virtual",
	  "" },
	{ "Zen, SpecLockMap on",
	  host_hint_spec_lock_map,
	  { .cpu = ZEN, .spec_lock_map = HOST_SWITCH_ON },
	  FAIL,
	  "is on",
	  "bit 54 of MSR 0xC0011020" },
	{ "Zen, no MSR",
	  host_hint_spec_lock_map,
	  { .cpu = ZEN, .spec_lock_map = HOST_SWITCH_UNKNOWN },
	  WARN,
	  "cannot read",
	  "bit 54" },
	{ "Zen, virtual",
	  host_hint_spec_lock_map,
	  { .cpu = ZEN,
	    .is_virtual = true,
	    .spec_lock_map = HOST_SWITCH_UNKNOWN },
	  OK,
	  "virtual",
	  "" },
	{ "Zen, SpecLockMap off",
	  host_hint_spec_lock_map,
	  { .cpu = ZEN },
	  OK,
	  "off",
	  "" },
	{ "Intel has no SpecLockMap",
	  host_hint_spec_lock_map,
	  { .cpu = SKYLAKE },
	  OK,
	  "not on this",
	  "" },
	{ "Intel, no freeze",
	  host_hint_smi,
	  { .cpu = SKYLAKE },
	  FAIL,
	  "SMI",
	  "freeze_on_smi" },
	{ "Intel, freeze",
	  host_hint_smi,
	  { .cpu = SKYLAKE, .freeze_on_smi = HOST_SWITCH_ON },
	  OK,
	  "is on",
	  "" },
	{ "Intel, no such switch",
	  host_hint_smi,
	  { .cpu = SKYLAKE, .freeze_on_smi = HOST_SWITCH_UNKNOWN },
	  WARN,
	  "no freeze_on_smi",
	  "" },
	{ "Zen", host_hint_smi, { .cpu = ZEN }, OK, "not on this", "" },
	{ "NMI watchdog",
	  host_hint_nmi_watchdog,
	  { .nmi_watchdog = HOST_SWITCH_ON },
	  WARN,
	  "counter",
	  "nmi_watchdog=0" },
	{ "none", host_hint_nmi_watchdog, { .cpu = ZEN }, OK, "no NMI", "" },
	{ "two kinds of core",
	  host_hint_core_types,
	  { .two_core_types = true, .big_cores = "0-7" },
	  WARN,
	  "CPUs 0-7",
	  "" },
	{ "one kind", host_hint_core_types, { .cpu = ZEN }, OK, "one", "" },
	{ "mediated vPMU",
	  host_hint_mediated_pmu,
	  { .mediated_pmu = HOST_SWITCH_ON },
	  WARN,
	  "while another VM",
	  "enable_mediated_pmu=0" },
	{ "none", host_hint_mediated_pmu, { .cpu = ZEN }, OK, "not", "" },
	{ "VMSCAPE",
	  host_hint_vmscape,
	  { .vmscape = "Mitigation: IBPB before exit to userspace" },
	  WARN,
	  "IBPB before exit",
	  "vmscape=off" },
	{ "not affected",
	  host_hint_vmscape,
	  { .vmscape = "Not affected" },
	  OK,
	  "Not affected",
	  "" },
	{ "split locks kill",
	  host_hint_split_lock,
	  { .split_lock_detect = true, .split_lock_fatal = true },
	  WARN,
	  "kills",
	  "split_lock_detect=warn" },
	{ "split locks are slow",
	  host_hint_split_lock,
	  { .split_lock_detect = true },
	  OK,
	  "slowed",
	  "" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void check_case(size_t i)
{
	struct host_hint hint = cases[i].function(&cases[i].facts);

	ksft_ok(hint.status == cases[i].status &&
			strstr(hint.reason, cases[i].reason) &&
			strstr(hint.remedy, cases[i].remedy),
		"%s: %s", cases[i].what, hint.reason);
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
	struct host_facts facts;
	struct host_hint here;
	size_t i;

	ksft_plan(CASES + 3 + 1);
	for (i = 0; i < CASES; i++)
		check_case(i);
	check_inexact("Zen", (struct rr_host_cpu)ZEN, "bit 54");
	check_inexact("Intel", (struct rr_host_cpu)SKYLAKE, "freeze_on_smi");
	check_inexact("another", (struct rr_host_cpu){ .vendor = "x" },
		      "freeze_on_smi");

	facts = host_facts_read();
	here = host_hint_processor(&facts);
	ksft_ok(here.reason[0] && here.remedy, "this host: %s", here.reason);
	return ksft_end();
}
