/*
 * The performance counter that tells the time; see pmu-event.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-record/host/pmu-event.h"

#define DEVICES "/sys/bus/event_source/devices/"

/*
 * How libpfm4 calls the events of a vendor, and the bits of its codes that are
 * event and unit mask.  The others are for privilege levels and enabling, which
 * perf sets.
 */
static const struct pfm_names {
	const char *vendor;
	unsigned int first_family;
	uint64_t code_mask;
	const char *names[3];
} pfm_names[] = {
	{ "GenuineIntel",
	  0,
	  0xffff,
	  { "BR_INST_RETIRED:COND", "BR_INST_RETIRED:CONDITIONAL" } },
	{ "AuthenticAMD",
	  0x17,
	  0xf0000ffff,
	  { "RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS" } },
	{ "HygonGenuine",
	  0x17,
	  0xf0000ffff,
	  { "RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS" } },
};

GQuark rr_pmu_error_quark(void)
{
	return g_quark_from_static_string("rr-pmu-error");
}

static bool ask_libpfm(const char *name, uint64_t mask, uint64_t *config)
{
	pfm_pmu_encode_arg_t arg = { .size = sizeof(arg) };
	bool found;

	found = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3,
					  PFM_OS_NONE, &arg) == PFM_SUCCESS &&
		arg.count > 0;
	if (found)
		*config = arg.codes[0] & mask;
	free(arg.codes);
	return found;
}

static bool find_by_names(const struct pfm_names *p, struct rr_pmu_event *e)
{
	const char *const *name;

	for (name = p->names; *name; name++) {
		if (!ask_libpfm(*name, p->code_mask, &e->config))
			continue;
		e->name = *name;
		e->source = "libpfm4";
		return true;
	}
	return false;
}

static bool find_by_libpfm(const struct rr_host_cpu *cpu,
			   struct rr_pmu_event *e)
{
	size_t i;

	if (pfm_initialize() != PFM_SUCCESS)
		return false;
	for (i = 0; i < G_N_ELEMENTS(pfm_names); i++)
		if (!strcmp(pfm_names[i].vendor, cpu->vendor) &&
		    cpu->family >= pfm_names[i].first_family)
			return find_by_names(&pfm_names[i], e);
	return false;
}

bool rr_pmu_event_from_table(const struct rr_host_cpu *cpu,
			     struct rr_pmu_event *event)
{
	const struct rr_cpu_family *f = rr_cpu_family_find(cpu);

	if (!f)
		return false;
	event->name = f->event;
	event->source = "built-in table";
	event->config = f->config;
	return true;
}

static bool read_line(const char *path, char *buf, int bytes)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, bytes, f) != NULL;
	fclose(f);
	buf[ok ? strcspn(buf, "\n") : 0] = '\0';
	return ok;
}

/* With two kinds of core, the big ones have a PMU of another type. */
static void choose_core_type(struct rr_pmu_event *e)
{
	char type[32];

	e->type = PERF_TYPE_RAW;
	if (!read_line(DEVICES "cpu_core/type", type, sizeof(type)) ||
	    !read_line(DEVICES "cpu_core/cpus", e->cpus, sizeof(e->cpus))) {
		e->cpus[0] = '\0';
		return;
	}
	e->type = (uint32_t)strtoul(type, NULL, 10);
}

static bool is_hybrid(void)
{
	return access(DEVICES "cpu_core/type", R_OK) == 0;
}

bool rr_pmu_event_find(struct rr_pmu_event *event, GError **error)
{
	struct rr_host_cpu cpu = rr_host_cpu();

	*event = (struct rr_pmu_event){ 0 };
	/* With two kinds of core libpfm4 may choose the wrong one. */
	if (!(is_hybrid() && rr_pmu_event_from_table(&cpu, event)) &&
	    !find_by_libpfm(&cpu, event) &&
	    !rr_pmu_event_from_table(&cpu, event)) {
		g_set_error(error, RR_PMU_ERROR, ENODEV,
			    "no event for conditional branches is known for "
			    "this processor (%s family 0x%x model 0x%x)",
			    cpu.vendor, cpu.family, cpu.model);
		return false;
	}
	choose_core_type(event);
	return true;
}

void rr_pmu_event_parse_cpus(const char *list, cpu_set_t *set)
{
	const char *p = list;

	CPU_ZERO(set);
	while (*p) {
		char *end;
		unsigned long a = strtoul(p, &end, 10), b = a;

		if (end == p)
			break;
		if (*end == '-')
			b = strtoul(end + 1, &end, 10);
		for (; a <= b && a < CPU_SETSIZE; a++)
			CPU_SET(a, set);
		p = *end == ',' ? end + 1 : end;
	}
}

static int bind_to_cpus(pid_t tid, const char *list)
{
	cpu_set_t now, want;

	if (sched_getaffinity(tid, sizeof(now), &now))
		return errno;
	rr_pmu_event_parse_cpus(list, &want);
	CPU_AND(&want, &want, &now);
	return sched_setaffinity(tid, sizeof(want), &want) ? errno : 0;
}

bool rr_pmu_event_bind(pid_t tid, struct rr_pmu_event *event, GError **error)
{
	int number;

	if (!rr_pmu_event_find(event, error))
		return false;
	number = event->cpus[0] ? bind_to_cpus(tid, event->cpus) : 0;
	if (!number)
		return true;
	g_set_error(error, RR_PMU_ERROR, number, "cannot bind to CPUs %s: %s",
		    event->cpus, g_strerror(number));
	return false;
}

void rr_pmu_event_set_error(GError **error, int number,
			    const struct rr_pmu_event *event)
{
	const char *hint = "";

	if (number == EACCES || number == EPERM)
		hint = ": needs sysctl kernel.perf_event_paranoid=1 or "
		       "CAP_PERFMON";
	else if (number == ENOENT || number == EOPNOTSUPP || number == ENODEV)
		hint = ": Linux knows no PMU on this machine (a virtual "
		       "machine without one?)";
	else if (number == ENOSYS)
		hint = ": perf_event_open is blocked (seccomp? a container?)";
	else if (number == EBUSY)
		hint = ": another user holds the counters";
	g_set_error(error, RR_PMU_ERROR, number, "cannot count %s: %s%s",
		    event->name, g_strerror(number), hint);
}

int rr_pmu_event_open(pid_t tid, GError **error)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	struct rr_pmu_event e;
	int fd;

	if (!rr_pmu_event_bind(tid, &e, error))
		return -1;
	attr.type = e.type;
	attr.config = e.config;
	attr.pinned = 1;
	attr.exclude_host = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1,
			  PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		rr_pmu_event_set_error(error, errno, &e);
	return fd;
}

const char *rr_pmu_event_name(void)
{
	struct rr_pmu_event e;

	return rr_pmu_event_find(&e, NULL) ? e.name : "none";
}
