/*
 * Which event counts conditional branches here, and a counter of it.
 *
 * libpfm4 is asked by name first; a table of raw codes serves the processors
 * that it does not know, or for which it lacks the event (Zen 4, the Atoms).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <cpuid.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm-record/host/pmu-event.h"

#define DEVICES "/sys/bus/event_source/devices/"

/* Event and unit mask, less the privilege and enable bits, which perf sets. */
#define INTEL_CODE 0xffffull
#define AMD_CODE 0xf0000ffffull

struct raw_event {
	const char *name;
	uint64_t config;
	const unsigned char *models; /* of Intel's family 6; 0 ends them */
};

/*
 * Unit mask 01 counts all conditional branches up to Comet Lake, but only the
 * taken ones from Ice Lake on, where 11 counts both.
 */
static const unsigned char nehalem_to_comet_lake[] = {
	0x1a, 0x1e, 0x1f, 0x2e, /* Nehalem */
	0x25, 0x2c, 0x2f, /* Westmere */
	0x2a, 0x2d, 0x3a, 0x3e, /* Sandy, Ivy Bridge */
	0x3c, 0x3f, 0x45, 0x46, /* Haswell */
	0x3d, 0x47, 0x4f, 0x56, /* Broadwell */
	0x4e, 0x5e, 0x55, 0x8e, 0x9e, 0x66, /* Skylake .. Cannon Lake */
	0xa5, 0xa6, 0
};
static const unsigned char ice_lake_on[] = {
	0x7d, 0x7e, 0x6a, 0x6c, 0x9d, /* Ice Lake */
	0x8c, 0x8d, 0xa7, /* Tiger, Rocket Lake */
	0x97, 0x9a, 0xb7, 0xba, 0xbf, /* Alder, Raptor Lake */
	0xaa, 0xac, /* Meteor Lake */
	0x8f, 0xcf, 0xad, 0xae, 0 /* Sapphire .. Granite Rapids */
};
static const unsigned char lunar_lake_on[] = { 0xbd, 0xb5, 0xc5, 0xc6, 0 };
static const unsigned char atoms[] = {
	0x37, 0x4a, 0x4c, 0x4d, 0x5a, 0x5d, /* Silvermont, Airmont */
	0x5c, 0x5f, 0x7a, /* Goldmont */
	0x86, 0x96, 0x9c, /* Tremont */
	0xbe, 0xaf, 0xb6, 0 /* Gracemont, Crestmont */
};

static const struct raw_event intel_raw[] = {
	{ "BR_INST_RETIRED.CONDITIONAL", 0x01c4, nehalem_to_comet_lake },
	{ "BR_INST_RETIRED.COND", 0x11c4, ice_lake_on },
	{ "BR_INST_RETIRED.COND", 0x100000011c4, lunar_lake_on },
	{ "BR_INST_RETIRED.COND", 0x7ec4, atoms },
};
static const struct raw_event zen_raw = {
	"RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS", 0xd1, NULL
};

struct rr_host_cpu rr_host_cpu(void)
{
	struct rr_host_cpu cpu = { 0 };
	unsigned int a, b, c, d;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return cpu;
	memcpy(cpu.vendor, &b, 4);
	memcpy(cpu.vendor + 4, &d, 4);
	memcpy(cpu.vendor + 8, &c, 4);
	__get_cpuid(1, &a, &b, &c, &d);
	cpu.family = (a >> 8) & 15;
	cpu.model = (a >> 4) & 15;
	if (cpu.family == 15 || cpu.family == 6)
		cpu.model |= (a >> 12) & 0xf0;
	if (cpu.family == 15)
		cpu.family += (a >> 20) & 0xff;
	return cpu;
}

static bool is_zen(const struct rr_host_cpu *cpu)
{
	return (!strcmp(cpu->vendor, "AuthenticAMD") ||
		!strcmp(cpu->vendor, "HygonGenuine")) &&
	       cpu->family >= 0x17;
}

static const struct raw_event *intel_by_model(const struct rr_host_cpu *cpu)
{
	size_t i;

	if (strcmp(cpu->vendor, "GenuineIntel") || cpu->family != 6)
		return NULL;
	for (i = 0; i < sizeof(intel_raw) / sizeof(intel_raw[0]); i++)
		if (cpu->model &&
		    strchr((const char *)intel_raw[i].models, (int)cpu->model))
			return &intel_raw[i];
	return NULL;
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

static bool find_by_name(const struct rr_host_cpu *cpu, struct rr_pmu_event *e)
{
	static const char *const intel[] = { "BR_INST_RETIRED:COND",
					     "BR_INST_RETIRED:CONDITIONAL" };
	size_t i;

	if (pfm_initialize() != PFM_SUCCESS)
		return false;
	e->source = "libpfm4";
	if (is_zen(cpu)) {
		e->name = zen_raw.name;
		return ask_libpfm(e->name, AMD_CODE, &e->config);
	}
	if (strcmp(cpu->vendor, "GenuineIntel"))
		return false;
	for (i = 0; i < sizeof(intel) / sizeof(intel[0]); i++) {
		e->name = intel[i];
		if (ask_libpfm(e->name, INTEL_CODE, &e->config))
			return true;
	}
	return false;
}

static bool find_in_table(const struct rr_host_cpu *cpu, struct rr_pmu_event *e)
{
	const struct raw_event *raw;

	raw = is_zen(cpu) ? &zen_raw : intel_by_model(cpu);
	if (!raw)
		return false;
	e->name = raw->name;
	e->source = "built-in table";
	e->config = raw->config;
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

/* Several kinds of core: the big ones have a PMU of their own type. */
static void choose_core_type(struct rr_pmu_event *e)
{
	static char cpus[256];
	char type[32];

	e->type = PERF_TYPE_RAW;
	if (!read_line(DEVICES "cpu_core/type", type, sizeof(type)) ||
	    !read_line(DEVICES "cpu_core/cpus", cpus, sizeof(cpus)))
		return;
	e->type = (uint32_t)strtoul(type, NULL, 10);
	e->cpus = cpus;
}

static bool is_hybrid(void)
{
	return access(DEVICES "cpu_core/type", R_OK) == 0;
}

int rr_pmu_event_find(const struct rr_pmu_event **event, char *err,
		      size_t err_bytes)
{
	static struct rr_pmu_event found;
	struct rr_host_cpu cpu = rr_host_cpu();
	struct rr_pmu_event e = { 0 };

	if (!found.name) {
		/* Of several kinds of core libpfm4 may pick the wrong one. */
		if (!(is_hybrid() && find_in_table(&cpu, &e)) &&
		    !find_by_name(&cpu, &e) && !find_in_table(&cpu, &e)) {
			snprintf(err, err_bytes,
				 "no event for conditional "
				 "branches is known for this processor (%s "
				 "family 0x%x model 0x%x)",
				 cpu.vendor, cpu.family, cpu.model);
			return -ENODEV;
		}
		choose_core_type(&e);
		found = e;
	}
	*event = &found;
	return 0;
}

static int bind_to_cpus(pid_t tid, const char *list)
{
	cpu_set_t now, want;
	const char *p = list;

	if (sched_getaffinity(tid, sizeof(now), &now))
		return -errno;
	CPU_ZERO(&want);
	while (*p) {
		char *end;
		unsigned long a = strtoul(p, &end, 10), b = a;

		if (end == p)
			break;
		if (*end == '-')
			b = strtoul(end + 1, &end, 10);
		for (; a <= b && a < CPU_SETSIZE; a++)
			CPU_SET(a, &want);
		p = *end == ',' ? end + 1 : end;
	}
	CPU_AND(&want, &want, &now);
	return sched_setaffinity(tid, sizeof(want), &want) ? -errno : 0;
}

void rr_pmu_event_explain(int error, const struct rr_pmu_event *e, char *err,
			  size_t bytes)
{
	const char *hint = "";

	if (error == EACCES || error == EPERM)
		hint = ": needs sysctl kernel.perf_event_paranoid=1 or "
		       "CAP_PERFMON";
	else if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
		hint = ": this machine has no PMU that Linux knows (a virtual "
		       "machine without one?)";
	else if (error == ENOSYS)
		hint = ": no perf_event_open here (seccomp? a container?)";
	else if (error == EBUSY)
		hint = ": another user holds the counters";
	snprintf(err, bytes, "cannot count %s: %s%s", e->name, strerror(error),
		 hint);
}

int rr_pmu_event_bind(pid_t tid, const struct rr_pmu_event **event, char *err,
		      size_t err_bytes)
{
	const struct rr_pmu_event *e;
	int ret;

	ret = rr_pmu_event_find(&e, err, err_bytes);
	if (ret)
		return ret;
	if (e->cpus) {
		ret = bind_to_cpus(tid, e->cpus);
		if (ret) {
			snprintf(err, err_bytes, "cannot bind to CPUs %s: %s",
				 e->cpus, strerror(-ret));
			return ret;
		}
	}
	*event = e;
	return 0;
}

int rr_pmu_event_open(pid_t tid, char *err, size_t err_bytes)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	const struct rr_pmu_event *e;
	int fd, ret;

	ret = rr_pmu_event_bind(tid, &e, err, err_bytes);
	if (ret)
		return ret;
	attr.type = e->type;
	attr.config = e->config;
	attr.pinned = 1;
	attr.exclude_host = 1;
	fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1,
			  PERF_FLAG_FD_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		rr_pmu_event_explain(-ret, e, err, err_bytes);
		return ret;
	}
	return fd;
}

const char *rr_pmu_event_name(void)
{
	const struct rr_pmu_event *e;
	char err[128];

	return rr_pmu_event_find(&e, err, sizeof(err)) ? "none" : e->name;
}
