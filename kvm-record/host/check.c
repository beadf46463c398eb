/*
 * Can this host record?  See check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#include "kvm-record/host/check-internal.h"

#define TIMEOUT_SECONDS 10
#define LOOKS_A_SECOND 20

static const struct check {
	const char *name;
	const char *needs[2];
	host_check_function *run;
	int seconds;
} checks[] = {
	{ "kvm-device", { NULL }, host_check_device, TIMEOUT_SECONDS },
	{ "kvm-api", { "kvm-device" }, host_check_api, TIMEOUT_SECONDS },
	{ "kvm-capabilities",
	  { "kvm-api" },
	  host_check_capabilities,
	  TIMEOUT_SECONDS },
	{ "guest-rings", { "kvm-api" }, host_check_rings, TIMEOUT_SECONDS },
	{ "user-irqchip",
	  { "guest-rings" },
	  host_check_irqchip,
	  TIMEOUT_SECONDS },
	{ "kvm-patch", { "kvm-api" }, host_check_patch, TIMEOUT_SECONDS },
	{ "pmu-event", { NULL }, host_check_pmu_event, TIMEOUT_SECONDS },
	{ "pmu-exact",
	  { "pmu-event", "guest-rings" },
	  host_check_pmu_exact,
	  6 * TIMEOUT_SECONDS },
	{ "processor", { NULL }, host_check_processor, TIMEOUT_SECONDS },
	{ "spec-lock-map", { NULL }, host_check_spec_lock_map, TIMEOUT_SECONDS },
	{ "smi", { NULL }, host_check_smi, TIMEOUT_SECONDS },
	{ "nmi-watchdog", { NULL }, host_check_nmi_watchdog, TIMEOUT_SECONDS },
	{ "core-types", { NULL }, host_check_core_types, TIMEOUT_SECONDS },
	{ "mediated-pmu", { NULL }, host_check_mediated_pmu, TIMEOUT_SECONDS },
	{ "vmscape", { NULL }, host_check_vmscape, TIMEOUT_SECONDS },
	{ "split-lock", { NULL }, host_check_split_lock, TIMEOUT_SECONDS },
	{ "silicon", { NULL }, host_check_silicon, TIMEOUT_SECONDS },
};
#define CHECKS ((int)(sizeof(checks) / sizeof(checks[0])))
_Static_assert(CHECKS <= HOST_CHECK_MAX, "results have room");

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool needs_met(const struct check *c, struct host_check_result *all)
{
	struct host_check_result *r = &all[c - checks];
	int n, i;

	for (n = 0; n < 2 && c->needs[n]; n++)
		for (i = 0; i < CHECKS; i++)
			if (!strcmp(checks[i].name, c->needs[n]) &&
			    all[i].status != HOST_CHECK_OK) {
				host_check_set(r, HOST_CHECK_SKIP, NULL,
					       "needs %s", c->needs[n]);
				return false;
			}
	return true;
}

static void run_child(const struct check *c, int tries,
		      struct host_check_result *r, int fd)
{
	c->run(r, tries);
	_exit(write(fd, r, sizeof(*r)) != sizeof(*r));
}

bool host_check_wait(int fd, int seconds)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	int looks;

	for (looks = 0; looks < seconds * LOOKS_A_SECOND; looks++)
		if (poll(&in, 1, 1000 / LOOKS_A_SECOND) > 0)
			return true;
	return false;
}

/* In a child: a broken KVM may hang or kill its user. */
static void run_check(const struct check *c, int tries,
		      struct host_check_result *r)
{
	int p[2], status = 0;
	ssize_t n = -1;
	pid_t pid;

	host_check_set(r, HOST_CHECK_FAIL, CHECK_BAD_KVM,
		       "took longer than %d s; killed", c->seconds);
	if (pipe2(p, O_CLOEXEC))
		return;
	fflush(NULL);
	pid = fork();
	if (!pid)
		run_child(c, tries, r, p[1]);
	close(p[1]);
	if (pid > 0 && host_check_wait(p[0], c->seconds))
		n = read(p[0], r, sizeof(*r));
	close(p[0]);
	if (pid <= 0)
		return;
	if (n < 0) {
		/* It may hang in the kernel: do not wait for it. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
		return;
	}
	waitpid(pid, &status, 0);
	if (n != sizeof(*r))
		host_check_set(r, HOST_CHECK_FAIL, CHECK_BAD_KVM,
			       "ended by signal %d",
			       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int host_check_run(int tries, struct host_check_result *results)
{
	int i;

	for (i = 0; i < CHECKS; i++) {
		double start = now();

		memset(&results[i], 0, sizeof(results[i]));
		results[i].name = checks[i].name;
		if (needs_met(&checks[i], results))
			run_check(&checks[i], tries, &results[i]);
		results[i].seconds = now() - start;
	}
	return CHECKS;
}
