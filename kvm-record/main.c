/*
 * rr-kvm: record a virtual machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>
#include <stddef.h>

#include "common/cli/commands.h"
#include "kvm-record/commands.h"
#include "kvm-record/shim.h"

static const struct rr_command commands[] = {
	{ "record", "record a VM of QEMU or libvirt", cmd_record },
	{ "vm", "have libvirt record a domain at each start", cmd_vm },
	{ "run", "run a VM that is ready to be recorded", cmd_run },
	{ "start", "begin to record a VM of rr-kvm run", cmd_start },
	{ "stop", "end a recording", cmd_stop },
	{ "status", "what a VM of rr-kvm run does", cmd_status },
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

/* libvirt's name for us, of the link qemu-system-rr. */
static bool is_shim(int argc, char **argv)
{
	g_autofree char *name = argc ? g_path_get_basename(argv[0]) : NULL;

	return !g_strcmp0(name, RR_SHIM_NAME);
}

int main(int argc, char **argv)
{
	if (is_shim(argc, argv))
		return rr_shim_main(argc, argv);
	return rr_commands_main(&program, argc, argv);
}
