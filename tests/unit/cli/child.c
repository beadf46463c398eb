/*
 * A child process: its status, and the signals that it gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "tests/tap.h"

static int sh(const char *script, bool own_group, int forward, bool *signalled,
	      GError **error)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script,
			 NULL };
	const struct rr_child_options options = { .own_group = own_group,
						  .forward = forward };

	return rr_child_run(argv, &options, signalled, error);
}

static void check_status(const char *script, int expected)
{
	bool signalled = true;
	int status = sh(script, false, 0, &signalled, NULL);

	ksft_ok(status == expected && !signalled, "\"%s\" ends with %d", script,
		status);
}

/* Send @sig to this process after @ms, from another process. */
static void send_later(int sig, unsigned int ms)
{
	pid_t parent = getpid();

	if (fork())
		return;
	usleep(ms * 1000);
	kill(parent, sig);
	_exit(0);
}

static void check_signal(const char *what, int sig, int forward,
			 const char *script, int expected)
{
	bool signalled = false;
	int status;

	send_later(sig, 300);
	status = sh(script, true, forward, &signalled, NULL);
	ksft_ok(status == expected && signalled, "%s: %d", what, status);
}

#define WAIT "while :; do sleep 0.05; done"

#define COUNT "n=0; trap 'n=$((n + 1))' TERM; "

static void test_repeated(void)
{
	g_autofree char *script = g_strdup_printf(
		COUNT "for i in $(seq %d); do sleep 0.1; done; exit $n",
		10 * RR_CHILD_REPEAT_SECONDS + 20);
	const unsigned int late_ms = 1000 * RR_CHILD_REPEAT_SECONDS + 1300;
	int status;

	send_later(SIGTERM, 300);
	send_later(SIGTERM, 700);
	send_later(SIGTERM, late_ms);
	status = sh(script, true, 0, NULL, NULL);
	ksft_ok(status == 2,
		"a signal soon after the first is the same wish, a late one "
		"is not: %d",
		status);
}

static void test_notice(void)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)WAIT, NULL };
	const struct rr_child_options options = { .own_group = true,
						  .notice = "stopping" };
	int fds[2], old = dup(2);
	char text[64] = "";

	if (pipe(fds) || dup2(fds[1], 2) < 0)
		ksft_bail_out("pipe");
	close(fds[1]);
	send_later(SIGTERM, 300);
	rr_child_run(argv, &options, NULL, NULL);
	dup2(old, 2);
	close(old);
	ksft_ok(read(fds[0], text, sizeof(text) - 1) > 0 &&
			!strcmp(text, "stopping"),
		"the first signal is answered with a line: %s", text);
	close(fds[0]);
}

static void test_own_group(void)
{
	g_autofree char *script =
		g_strdup_printf("[ $(ps -o pgid= $$) -ne %d ]", (int)getpgrp());

	ksft_ok(sh(script, true, 0, NULL, NULL) == 0 &&
			sh(script, false, 0, NULL, NULL) == 1,
		"a new process group, or ours");
}

static void test_missing(void)
{
	char *argv[] = { (char *)"/nonexistent/program", NULL };
	g_autoptr(GError) error = NULL;
	const struct rr_child_options options = { 0 };
	int status = rr_child_run(argv, &options, NULL, &error);

	ksft_ok(status == -1 && error &&
			strstr(error->message, "cannot run /nonexistent"),
		"no such program: %s", error ? error->message : "");
}

/* The handlers of the caller are in place again. */
static void test_handlers(void)
{
	struct sigaction act;

	sigaction(SIGTERM, NULL, &act);
	ksft_ok(act.sa_handler == SIG_DFL, "SIGTERM is as it was");
}

int main(void)
{
	ksft_plan(3 + 3 + 5);
	check_status("exit 0", 0);
	check_status("exit 7", 7);
	check_status("kill -9 $$", 128 + SIGKILL);
	check_signal("SIGTERM is passed on", SIGTERM, 0,
		     "trap 'exit 5' TERM; " WAIT, 5);
	check_signal("SIGHUP as SIGTERM", SIGHUP, SIGTERM,
		     "trap 'exit 6' TERM; trap 'exit 7' HUP; " WAIT, 6);
	check_signal("a child that does not handle it", SIGINT, SIGTERM, WAIT,
		     128 + SIGTERM);
	test_repeated();
	test_notice();
	test_own_group();
	test_missing();
	test_handlers();
	return ksft_end();
}
