/*
 * The program age, for pack and unpack; see age.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/age.h"

#include <sys/wait.h>
#include <unistd.h>

#include "common/cli/message.h"

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
	rr_message("%s (is the package \"age\" installed?)", error->message);
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
	rr_message("age failed");
	return false;
}
