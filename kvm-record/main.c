/*
 * rr-kvm: record a virtual machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include "common/cli/commands.h"
#include "kvm-record/commands.h"

static const struct rr_command commands[] = {
	{ "record", "record the VM that QEMU arguments describe", cmd_record },
	{ "stop", "end a recording", cmd_stop },
	{ "check-host", "test whether this host can record", cmd_check_host },
	{ NULL, NULL, NULL }
};

static const struct rr_program program = {
	.name = "rr-kvm",
	.summary = "Record a whole virtual machine under KVM; rr-tcg replays "
		   "it.",
	.exit_statuses = "0 success, 1 wrong use or failure, 4 the recorded "
			 "trace is damaged.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return rr_commands_main(&program, argc, argv);
}
