/*
 * The event that counts branches: the table, and the errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "kvm-record/host/pmu-event.h"
#include "tests/tap.h"

static void test_table(void)
{
	struct rr_host_cpu zen = { .vendor = "AuthenticAMD", .family = 0x17 };
	struct rr_host_cpu none = { .vendor = "CentaurHauls", .family = 6 };
	struct rr_pmu_event e = { 0 };

	ksft_ok(rr_pmu_event_from_table(&zen, &e) && e.config == 0xd1 &&
			!strcmp(e.source, "built-in table"),
		"Zen: event 0x%llx", (unsigned long long)e.config);
	ksft_ok(!rr_pmu_event_from_table(&none, &e), "a vendor without a row");
}

static void check_cpus(const char *list, const char *expected)
{
	GString *found = g_string_new(NULL);
	cpu_set_t set;
	int i;

	rr_pmu_event_parse_cpus(list, &set);
	for (i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			g_string_append_printf(found, "%d ", i);
	ksft_ok(!strcmp(found->str, expected), "CPUs \"%s\": %s", list,
		found->str);
	g_string_free(found, TRUE);
}

static void check_error(int number, const char *hint)
{
	static const struct rr_pmu_event e = { .name = "EVENT" };
	g_autoptr(GError) error = NULL;

	rr_pmu_event_set_error(&error, number, &e);
	ksft_ok(g_error_matches(error, RR_PMU_ERROR, number) &&
			strstr(error->message, "cannot count EVENT") &&
			strstr(error->message, hint),
		"%s", error->message);
}

/* Whatever this machine is: an event or a reason, a counter or a reason. */
static void test_here(void)
{
	g_autoptr(GError) error = NULL;
	struct rr_pmu_event e;
	bool found = rr_pmu_event_find(&e, &error);
	int fd;

	ksft_ok(found ? e.name && e.config && !error :
			error && error->code == ENODEV,
		"this processor: %s", found ? e.name : error->message);
	ksft_ok(!strcmp(rr_pmu_event_name(), found ? e.name : "none"),
		"its name: %s", rr_pmu_event_name());
	g_clear_error(&error);
	fd = rr_pmu_event_open(0, &error);
	ksft_ok((fd >= 0) == !error, "a counter here: %s",
		error ? error->message : "yes");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	ksft_plan(2 + 4 + 5 + 3);
	test_table();
	check_cpus("0-3", "0 1 2 3 ");
	check_cpus("1,4-5,7", "1 4 5 7 ");
	check_cpus("", "");
	check_cpus("x", "");
	check_error(EACCES, "perf_event_paranoid");
	check_error(ENOENT, "no PMU");
	check_error(ENOSYS, "seccomp");
	check_error(EBUSY, "another user");
	check_error(EINVAL, "Invalid argument");
	test_here();
	return ksft_end();
}
