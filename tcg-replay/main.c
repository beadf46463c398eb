/*
 * rr-tcg: replay a recorded virtual machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/commands.h"
#include "common/cli/commands.h"

static const struct rr_command commands[] = {
	{ "replay", "replay a trace to its end, verifying it", cmd_replay },
	{ NULL, NULL, NULL }
};

int main(int argc, char **argv)
{
	return rr_tool_main("rr-tcg",
			    "Replay a virtual machine that rr-kvm "
			    "recorded, instruction for instruction.",
			    commands, argc, argv);
}
