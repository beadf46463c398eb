/*
 * rr-tcg: replay a recorded virtual machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include "common/cli/commands.h"
#include "tcg-replay/commands.h"

static const struct rr_command commands[] = {
	{ "replay", "replay a trace to its end and verify it", cmd_replay },
	{ "gdb", "debug a trace, forwards and backwards", cmd_gdb },
	{ NULL, NULL, NULL }
};

static const struct rr_program program = {
	.name = "rr-tcg",
	.summary = "Replay a virtual machine that rr-kvm recorded, instruction "
		   "for instruction.",
	.exit_statuses = "0 the replay equals the recording, 1 wrong use or "
			 "failure,\n3 the replay diverged, 4 the trace is "
			 "damaged.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return rr_commands_main(&program, argc, argv);
}
