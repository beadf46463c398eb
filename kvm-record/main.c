/*
 * rr-kvm: record a virtual machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/commands.h"
#include "common/cli/commands.h"

static const struct rr_command commands[] = {
	{ "record", "record the VM that QEMU arguments describe", cmd_record },
	{ "stop", "end a recording", cmd_stop },
	{ "check-host", "find out whether this host can record",
	  cmd_check_host },
	{ NULL, NULL, NULL }
};

int main(int argc, char **argv)
{
	return rr_tool_main("rr-kvm",
			    "Record a whole virtual machine under "
			    "KVM; rr-tcg replays it.",
			    commands, argc, argv);
}
