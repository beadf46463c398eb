/*
 * What pack and unpack share: the program age, and progress.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/age.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRESS_US 200000

bool age_start(struct age *age, char **argv, int in_fd, int out_fd,
	       int *pipe_fd)
{
	GError *error = NULL;
	bool good;

	good = g_spawn_async_with_pipes_and_fds(
		NULL, (const char *const *)argv, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
		in_fd, out_fd, -1, NULL, NULL, 0, &age->pid,
		in_fd < 0 ? pipe_fd : NULL, out_fd < 0 ? pipe_fd : NULL, NULL,
		&error);
	if (good)
		return true;
	age->pid = 0;
	fprintf(stderr, "rr-log: %s (is the package \"age\" installed?)\n",
		error->message);
	g_error_free(error);
	return false;
}

bool age_finish(struct age *age)
{
	int status = 0;

	if (!age->pid)
		return true;
	while (waitpid(age->pid, &status, 0) < 0)
		;
	g_spawn_close_pid(age->pid);
	age->pid = 0;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	fprintf(stderr, "rr-log: age failed\n");
	return false;
}

void tell_progress(uint64_t done_bytes, uint64_t total_bytes)
{
	static gint64 last_us;
	gint64 now_us = g_get_monotonic_time();

	if (now_us - last_us < PROGRESS_US || !isatty(STDERR_FILENO))
		return;
	last_us = now_us;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " MiB\033[K",
		done_bytes >> 20, total_bytes >> 20);
}

void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}
