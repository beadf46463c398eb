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
#include "kvm-record/control.h"
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

/* Of a machine of "rr-kvm run", which goes on. */
static int stop_machine(const char *trace)
{
	GError *error = NULL;
	struct control *c = control_open(trace, &error);
	bool ok = c && control_set_trace(c, "", &error);

	control_close(c);
	return ok ? RR_EXIT_OK : rr_fail_error(error);
}

/* Of rr-kvm record: the machine ends, too. */
static int stop_recorder(const char *trace, int seconds)
{
	struct session_state state;

	if (!session_find(trace, &state))
		return rr_fail("%s is not being recorded", trace);
	/* In the lab a second signal would end it at once. */
	if (!state.stopping && !tell(trace, state.pid))
		return rr_fail("cannot stop process %d: %s", (int)state.pid,
			       g_strerror(errno));
	if (!wait_for_end(trace, seconds))
		return rr_fail("%s is still being recorded after %d s", trace,
			       seconds);
	return RR_EXIT_OK;
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
			       "and waits until it has ended.\nThe machine of "
			       "rr-kvm run -o TRACE goes on.",
	};

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	return control_exists(argv[1]) ? stop_machine(argv[1]) :
					 stop_recorder(argv[1], seconds);
}
