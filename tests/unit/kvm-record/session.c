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

static void test_one(void)
{
	g_autoptr(GError) error = NULL;
	struct session *s = session_begin(trace, &error);
	struct session *second;

	ksft_ok(s && session_find(trace) == getpid(), "begun: %s",
		s ? "found" : error->message);
	second = session_begin(trace, &error);
	ksft_ok(!second && error, "a second one is refused: %s",
		error ? error->message : "accepted");
	session_end(s);
	ksft_ok(!session_find(trace), "ended: not found");
	s = session_begin(trace, NULL);
	ksft_ok(s && session_find(trace) == getpid(), "begun again");
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
	by_name = session_find("t.rrt");
	ksft_ok(by_name == getpid() && session_find("./t.rrt") == by_name,
		"found by a relative path");
	ksft_ok(!session_find(other), "another trace is not being recorded");
	session_end(s);
	session_end(NULL);
}

/* A recorder that was killed leaves a file, but no lock. */
static void test_killed(void)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(!session_begin(trace, NULL));
	waitpid(pid, &status, 0);
	ksft_ok(!status && !session_find(trace),
		"a recorder that is gone is not found");
}

int main(void)
{
	g_autofree char *dir = g_dir_make_tmp("rr-session-XXXXXX", NULL);
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", dir);

	/* GLib's g_get_user_runtime_dir() reads it once. */
	g_setenv("XDG_RUNTIME_DIR", dir, TRUE);
	trace = g_build_filename(dir, "t.rrt", NULL);
	ksft_plan(7);
	test_one();
	test_names();
	test_killed();
	g_free(trace);
	if (system(line))
		ksft_note("%s is left", dir);
	return ksft_end();
}
