/*
 * rr-tcg gdb: a replay, and gdb at it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "tcg-replay/commands.h"
#include "tcg-replay/run.h"

#define CHECKPOINT_MIB 512
#define WAIT_MS 30000 /* for QEMU to load the trace's memory */

/* Ctrl-C in the terminal is gdb's alone; the replay ends with this process. */
static void in_replayer(gpointer data)
{
	(void)data;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* False: QEMU ended, or does not come. */
static bool wait_for_socket(const char *path, GPid replayer)
{
	int i;

	for (i = 0; i < WAIT_MS / 50; i++) {
		if (!access(path, F_OK))
			return true;
		if (waitpid(replayer, NULL, WNOHANG | WNOWAIT) == replayer)
			return false;
		g_usleep(50000);
	}
	return false;
}

static bool run_gdb(const char *socket, char **arguments, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("gdb"));
	g_ptr_array_add(argv, g_strdup("-q"));
	g_ptr_array_add(argv, g_strdup("-ex"));
	g_ptr_array_add(argv, g_strconcat("target remote ", socket, NULL));
	for (; *arguments; arguments++)
		g_ptr_array_add(argv, g_strdup(*arguments));
	g_ptr_array_add(argv, NULL);
	signal(SIGINT, SIG_IGN);
	return g_spawn_sync(NULL, (char **)argv->pdata, NULL,
			    G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN,
			    NULL, NULL, NULL, NULL, NULL, error);
}

/* With gdb at the socket; returns the exit status of the replay. */
static int debug(const GPtrArray *command, const char *socket, char **arguments)
{
	GError *error = NULL;
	GPid replayer;
	int status;

	if (!g_spawn_async(NULL, (char **)command->pdata, NULL,
			   G_SPAWN_DO_NOT_REAP_CHILD, in_replayer, NULL,
			   &replayer, &error))
		return rr_fail_error(error);
	if (wait_for_socket(socket, replayer) &&
	    !run_gdb(socket, arguments, &error))
		rr_fail_error(error);
	g_usleep(200000); /* a replay that gdb has left at its end ends now */
	kill(replayer, SIGTERM);
	if (waitpid(replayer, &status, 0) < 0 || !WIFEXITED(status))
		return RR_EXIT_FAILURE;
	return WEXITSTATUS(status);
}

/* glib keeps the "--" that follows the trace. */
static char **gdb_arguments(char **after_trace)
{
	return !g_strcmp0(after_trace[0], "--") ? after_trace + 1 : after_trace;
}

int cmd_gdb(int argc, char **argv)
{
	const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
	const struct rr_options options = {
		.entries = entries,
		.arguments = "TRACE [GDB-ARGUMENT...]",
		.argument_count = RR_ANY_COUNT,
		.description = "Exit status: that of the replay.",
	};
	g_autofree char *dir = NULL, *socket = NULL;
	g_autoptr(GPtrArray) command = NULL;
	struct rr_run run = { .patience_s = 30,
			      .checkpoint_mib = CHECKPOINT_MIB };
	GError *error = NULL;
	int status;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	if (argc < 2)
		return rr_fail_usage("TRACE is missing");
	dir = g_dir_make_tmp("rr-tcg-XXXXXX", &error);
	if (!dir)
		return rr_fail_error(error);
	socket = g_build_filename(dir, "gdb", NULL);
	run.trace = argv[1];
	run.gdb = socket;
	command = rr_run_command(&run, &error);
	status = command ? debug(command, socket, gdb_arguments(argv + 2)) :
			   rr_fail_error(error);
	g_unlink(socket);
	g_rmdir(dir);
	return status;
}
