/*
 * Checks of the performance counter and of the processor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "kvm-record/host/check-internal.h"
#include "kvm-record/host/hints.h"
#include "kvm-record/host/pmu-event.h"
#include "kvm-record/host/tiny-guest.h"

#define BRANCHES 20000 /* in each loop that is counted */

static const char *pmu_remedy(const GError *error)
{
	if (error->code == EACCES || error->code == EPERM)
		return "sysctl kernel.perf_event_paranoid=1, or run as root";
	return "give the virtual machine a PMU, use a supported processor, " CHECK_LAB;
}

void host_check_pmu_event(struct host_check_result *r, int tries)
{
	g_autoptr(GError) error = NULL;
	struct rr_pmu_event e;
	int fd = rr_pmu_event_open(0, &error);

	(void)tries;
	if (fd < 0 || !rr_pmu_event_find(&e, &error)) {
		host_check_set(r, HOST_CHECK_FAIL, pmu_remedy(error), "%s",
			       error->message);
		return;
	}
	close(fd);
	host_check_set(r, HOST_CHECK_OK, NULL,
		       "%s, config 0x%llx, type %u (%s)%s%s", e.name,
		       (unsigned long long)e.config, e.type, e.source,
		       e.cpus[0] ? ", on CPUs " : "", e.cpus);
}

/* Run the loop in ring 3 once; *@delta is how much the counter moved. */
static bool count_once(struct tiny_guest *g, int fd, uint64_t *last,
		       uint64_t *delta, GError **error)
{
	uint64_t now;

	if (!tiny_guest_run_to(g, TINY_RING3, error))
		return false;
	if (read(fd, &now, sizeof(now)) != sizeof(now)) {
		rr_set_error(error, "another user of the PMU took the counter");
		return false;
	}
	*delta = now - *last;
	*last = now;
	return true;
}

struct tally {
	int wrong;
	uint64_t first_error;
};

static bool count_loops(struct tiny_guest *g, int fd, int tries,
			struct tally *tally, GError **error)
{
	uint64_t last = 0, delta;
	int i;

	/* The first count includes the loop in ring 0. */
	for (i = 0; i <= tries; i++) {
		uint64_t want = i ? BRANCHES : 2 * BRANCHES;

		if ((!i && !tiny_guest_run_to(g, TINY_RING0, error)) ||
		    !count_once(g, fd, &last, &delta, error))
			return false;
		if (delta != want && !tally->wrong++)
			tally->first_error = delta - want;
	}
	return true;
}

static void report_tally(struct host_check_result *r, int tries,
			 const struct tally *tally)
{
	struct rr_host_cpu cpu = rr_host_cpu();
	g_autofree char *remedy = host_inexact_remedy(&cpu);

	if (!tally->wrong)
		host_check_set(r, HOST_CHECK_OK, NULL,
			       "%d of %d loops of %d branches counted exactly",
			       tries, tries, BRANCHES);
	else
		host_check_set(
			r, HOST_CHECK_FAIL, remedy,
			"%d of %d loops of %d branches counted wrong (the first "
			"by %+lld)",
			tally->wrong, tries + 1, BRANCHES,
			(long long)tally->first_error);
}

void host_check_pmu_exact(struct host_check_result *r, int tries)
{
	g_autoptr(GError) error = NULL;
	struct tally tally = { 0 };
	struct tiny_guest g;
	int fd = rr_pmu_event_open(0, &error);

	if (fd < 0)
		host_check_set(r, HOST_CHECK_FAIL, NULL, "%s", error->message);
	else if (!tiny_guest_open(&g, false, BRANCHES, &error) ||
		 !count_loops(&g, fd, tries, &tally, &error))
		host_check_set(r, HOST_CHECK_FAIL, CHECK_BAD_KVM, "%s",
			       error->message);
	else
		report_tally(r, tries, &tally);
}
