/*
 * rr-log: look into traces.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>

#include "common/cli/commands.h"
#include "common/logfmt/rrlog.h"
#include "common/logfmt/tool/commands.h"

static const struct rr_command commands[] = {
	{ "info", "show the manifest", cmd_info },
	{ "dump", "print one line for each record", cmd_dump },
	{ "verify", "read everything and check it", cmd_verify },
	{ "stats", "count records and bytes, by type and over time",
	  cmd_stats },
	{ "diff", "find the first difference of two traces", cmd_diff },
	{ "pack", "make one file of a trace", cmd_pack },
	{ "unpack", "make a trace directory of a packed file", cmd_unpack },
	{ "index", "make the index of a trace anew", cmd_index },
	{ NULL, NULL, NULL }
};

static const struct rr_program program = {
	.name = "rr-log",
	.summary = "Look into the traces that rr-kvm records.",
	.exit_statuses = "0 success, 1 wrong use or failure (diff: or the "
			 "traces differ),\n4 the trace is damaged.",
	.version_note = "trace format " G_STRINGIFY(RRLOG_FORMAT_VERSION),
	.commands = commands,
};

int main(int argc, char **argv)
{
	return rr_commands_main(&program, argc, argv);
}
