/*
 * Recordings in progress: found while they run, and not after.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib/gstdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-record/session.h"
#include "tests/tap.h"

static char *trace;

/* The recorder of @name, or 0. */
static pid_t recorder(const char *name)
{
	struct session_state state;

	return session_find(name, &state) ? state.pid : 0;
}

static void test_one(void)
{
	g_autoptr(GError) error = NULL;
	struct session *s = session_begin(trace, &error);
	struct session *second;

	ksft_ok(s && recorder(trace) == getpid(), "begun: %s",
		s ? "found" : error->message);
	second = session_begin(trace, &error);
	ksft_ok(!second && error, "a second one is refused: %s",
		error ? error->message : "accepted");
	session_end(s);
	ksft_ok(!recorder(trace), "ended: not found");
	s = session_begin(trace, NULL);
	ksft_ok(s && recorder(trace) == getpid(), "begun again");
	session_end(s);
}

static void test_names(void)
{
	g_autofree char *dir = g_path_get_dirname(trace);
	g_autofree char *other = g_build_filename(dir, "other", NULL);
	struct session *s = session_begin(trace, NULL);
	pid_t by_name;

	if (g_chdir(dir))
		ksft_bail_out("cannot enter %s", dir);
	by_name = recorder("t.rrt");
	ksft_ok(by_name == getpid() && recorder("./t.rrt") == by_name,
		"found by a relative path");
	ksft_ok(!recorder(other), "another trace is not being recorded");
	session_end(s);
	session_end(NULL);
}

static void test_stopping(void)
{
	struct session *s = session_begin(trace, NULL);
	struct session_state state;

	ksft_ok(session_find(trace, &state) && !state.stopping,
		"begun: nobody has told it to stop");
	session_mark_stopping(trace);
	ksft_ok(session_find(trace, &state) && state.stopping &&
			state.pid == getpid(),
		"told to stop: a second one sees it");
	session_end(s);
	s = session_begin(trace, NULL);
	ksft_ok(session_find(trace, &state) && !state.stopping,
		"the next recording has not been told");
	session_end(s);
}

/* The child that records outlives a recorder that is killed. */
static void test_orphan(void)
{
	int hold[2];
	struct session *s;
	pid_t pid;
	char c;

	if (pipe(hold))
		ksft_bail_out("pipe");
	pid = fork();
	if (!pid) {
		close(hold[1]);
		s = session_begin(trace, NULL);
		if (!s || fork())
			_exit(!s);
		_exit(read(hold[0], &c, 1) != 0);
	}
	close(hold[0]);
	waitpid(pid, NULL, 0);
	s = session_begin(trace, NULL);
	ksft_ok(recorder(trace) == pid && !s,
		"the child of one that was killed keeps the trace");
	close(hold[1]);
	while (recorder(trace))
		g_usleep(1000);
	s = session_begin(trace, NULL);
	ksft_ok(s, "the trace is free when the child has ended");
	session_end(s);
}

/* A recorder that was killed leaves a file, but no lock. */
static void test_killed(void)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(!session_begin(trace, NULL));
	waitpid(pid, &status, 0);
	ksft_ok(!status && !recorder(trace),
		"a recorder that is gone is not found");
}

int main(void)
{
	g_autofree char *dir = g_dir_make_tmp("rr-session-XXXXXX", NULL);
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", dir);

	trace = g_build_filename(dir, "t.rrt", NULL);
	ksft_plan(12);
	test_one();
	test_names();
	test_stopping();
	test_orphan();
	test_killed();
	g_free(trace);
	if (system(line))
		ksft_note("%s is left", dir);
	return ksft_end();
}
