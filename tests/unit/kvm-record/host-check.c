/*
 * The checks of this host: each ends, and depends on others as it says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-record/host/check-internal.h"
#include "tests/tap.h"

static struct host_check_result results[HOST_CHECK_MAX];
static int count;

static const struct host_check_result *find(const char *name)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(results[i].name, name))
			return &results[i];
	return NULL;
}

/* Whether a skipped check names an earlier one that did not pass. */
static bool is_explained(const struct host_check_result *r)
{
	const struct host_check_result *needed;

	if (strncmp(r->reason, "needs ", 6))
		return false;
	needed = find(r->reason + 6);
	return needed && needed < r && needed->status != HOST_CHECK_OK;
}

static void test_run(void)
{
	int i, unexplained = 0, silent = 0;

	count = host_check_run(1, results);
	for (i = 0; i < count; i++) {
		ksft_note("%s: %d: %s", results[i].name, results[i].status,
			  results[i].reason);
		silent += !results[i].reason[0];
		if (results[i].status == HOST_CHECK_SKIP)
			unexplained += !is_explained(&results[i]);
	}
	ksft_ok(count == 17 && !silent, "%d checks, each with a reason", count);
	ksft_ok(!unexplained, "a skipped check names the one that failed");
	ksft_ok(find("processor") &&
			find("processor")->status != HOST_CHECK_FAIL &&
			find("processor")->status != HOST_CHECK_SKIP,
		"the processor is looked at, and never fails");
}

static void check_passed(const char *what, enum host_check_status a,
			 enum host_check_status b, bool expected)
{
	struct host_check_result r[] = { { .status = a }, { .status = b } };

	ksft_ok(host_check_passed(r, 2) == expected, "%s", what);
}

/* A process waits for one second, and stands still for 1.5 s of it. */
static void test_stall(void)
{
	int p[2], status = -1;
	char byte;
	pid_t pid;

	ksft_ok(!pipe(p), "a pipe");
	pid = fork();
	if (!pid)
		_exit(!host_check_wait(p[0], 1));
	usleep(100000);
	kill(pid, SIGSTOP);
	usleep(1500000);
	kill(pid, SIGCONT);
	usleep(200000);
	ksft_ok(write(p[1], "", 1) == 1 && waitpid(pid, &status, 0) == pid &&
			status == 0,
		"a stall does not count (%d)", status);
	ksft_ok(read(p[0], &byte, 1) == 1 && !host_check_wait(p[0], 1),
		"the time ends");
}

int main(void)
{
	ksft_plan(3 + 3 + 4);
	test_run();
	test_stall();
	check_passed("all well", HOST_CHECK_OK, HOST_CHECK_OK, true);
	check_passed("a warning", HOST_CHECK_OK, HOST_CHECK_WARN, true);
	check_passed("a failure", HOST_CHECK_FAIL, HOST_CHECK_SKIP, false);
	check_passed("the last one fails", HOST_CHECK_OK, HOST_CHECK_FAIL,
		     false);
	return ksft_end();
}
