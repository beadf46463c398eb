/*
 * rr-kvm stop: end a recording.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <signal.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "kvm-record/commands.h"
#include "kvm-record/session.h"

#define POLL_US 50000

/* Returns false if the recording goes on after that time. */
static bool wait_for_end(const char *trace, int seconds)
{
	gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
	struct session_state state;

	while (session_find(trace, &state)) {
		if (g_get_monotonic_time() > end)
			return false;
		g_usleep(POLL_US);
	}
	return true;
}

/* Sends the signal that ends the recording; false and errno on failure. */
static bool tell(const char *trace, pid_t pid)
{
	/* The child of a recorder that was killed ends by itself. */
	if (pid <= 1)
		return true;
	if (kill(pid, SIGTERM))
		return errno == ESRCH;
	session_mark_stopping(trace);
	return true;
}

int cmd_stop(int argc, char **argv)
{
	gint seconds = 60;
	const GOptionEntry entries[] = {
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &seconds,
		  "Wait this long for the end (60)", "SECONDS" },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "TRACE",
		.argument_count = 1,
		.description = "Ends the recording of TRACE, as Ctrl-C would, "
			       "and waits until it has ended.",
	};
	struct session_state state;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	if (!session_find(argv[1], &state))
		return rr_fail("%s is not being recorded", argv[1]);
	/* In the lab a second signal would end it at once. */
	if (!state.stopping && !tell(argv[1], state.pid))
		return rr_fail("cannot stop process %d: %s", (int)state.pid,
			       g_strerror(errno));
	if (!wait_for_end(argv[1], seconds))
		return rr_fail("%s is still being recorded after %d s", argv[1],
			       seconds);
	return RR_EXIT_OK;
}
