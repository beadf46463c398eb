/*
 * A child process that gets our signals; see child.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "common/cli/message.h"

/* SIGHUP: the terminal is gone. */
static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };

/* For the signal handler. */
static volatile sig_atomic_t child_pid, child_signal, signals_seen;
static const char *first_notice;
static gint64 first_us;

static void pass_on(int sig)
{
	const gint64 repeat_us = RR_CHILD_REPEAT_SECONDS * G_USEC_PER_SEC;
	int saved = errno;

	if (!signals_seen) {
		first_us = g_get_monotonic_time();
		if (first_notice &&
		    write(2, first_notice, strlen(first_notice)))
			errno = 0; /* nobody can be told of a failure */
	}
	if ((!signals_seen || g_get_monotonic_time() > first_us + repeat_us) &&
	    child_pid > 0)
		kill(child_pid, child_signal ? child_signal : sig);
	signals_seen = 1;
	errno = saved;
}

static void exec_child(char *const *argv, bool own_group, pid_t parent,
		       int report)
{
	sigset_t none;
	int error;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(sigs); i++)
		signal(sigs[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* If we are killed, the child ends cleanly, as on SIGTERM. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	if (own_group)
		setpgid(0, 0);
	execv(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static pid_t start(char *const *argv, bool own_group, GError **error)
{
	int report[2], failure = 0;
	pid_t pid, parent = getpid();

	if (pipe2(report, O_CLOEXEC)) {
		rr_set_error(error, "pipe: %s", g_strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		exec_child(argv, own_group, parent, report[1]);
	if (pid < 0)
		failure = errno;
	close(report[1]);
	if (pid > 0) {
		ssize_t n;

		do
			n = read(report[0], &failure, sizeof(failure));
		while (n < 0 && errno == EINTR);
		if (n == sizeof(failure))
			waitpid(pid, NULL, 0);
	}
	close(report[0]);
	if (!failure)
		return pid;
	rr_set_error(error, "cannot run %s: %s", argv[0], g_strerror(failure));
	return -1;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

int rr_child_run(char *const *argv, const struct rr_child_options *options,
		 bool *signalled, GError **error)
{
	struct sigaction act = { .sa_handler = pass_on },
			 old[G_N_ELEMENTS(sigs)];
	sigset_t ours, before;
	pid_t pid;
	int ret = -1;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < G_N_ELEMENTS(sigs); i++)
		sigaddset(&ours, sigs[i]);
	sigprocmask(SIG_BLOCK, &ours, &before);
	signals_seen = 0;
	child_signal = options->forward;
	first_notice = options->notice;
	child_pid = 0;
	for (i = 0; i < G_N_ELEMENTS(sigs); i++)
		sigaction(sigs[i], &act, &old[i]);
	pid = start(argv, options->own_group, error);
	if (pid > 0) {
		child_pid = pid;
		sigprocmask(SIG_SETMASK, &before, NULL);
		ret = wait_for(pid);
		child_pid = 0;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (i = 0; i < G_N_ELEMENTS(sigs); i++)
		sigaction(sigs[i], &old[i], NULL);
	if (signalled)
		*signalled = signals_seen;
	return ret;
}
