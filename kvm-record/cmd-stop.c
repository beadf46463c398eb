/*
 * rr-kvm stop
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <signal.h>

#include "kvm-record/commands.h"
#include "kvm-record/session.h"
#include "common/cli/commands.h"

/* True once the recording is over. */
static bool wait_for_end(const char *trace, int seconds)
{
	gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;

	while (session_find(trace)) {
		if (g_get_monotonic_time() > end)
			return false;
		g_usleep(50000);
	}
	return true;
}

int cmd_stop(int argc, char **argv)
{
	gint seconds = 60;
	const GOptionEntry entries[] = {
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &seconds,
		  "wait this long for the end (60)", "SECONDS" },
		G_OPTION_ENTRY_NULL
	};
	pid_t pid;

	if (!rr_tool_parse(&argc, &argv, "TRACE",
			   "Ends the recording of TRACE as its Ctrl-C would, "
			   "and waits for it.",
			   entries))
		return RR_EXIT_FAILURE;
	if (argc != 2)
		return rr_tool_fail("stop needs one TRACE (try --help)");
	pid = session_find(argv[1]);
	if (!pid)
		return rr_tool_fail("%s is not being recorded", argv[1]);
	if (kill(pid, SIGTERM))
		return rr_tool_fail("cannot stop process %d: %s", (int)pid,
				    g_strerror(errno));
	if (!wait_for_end(argv[1], seconds))
		return rr_tool_fail("%s is still being recorded after %d s",
				    argv[1], seconds);
	return RR_EXIT_OK;
}
