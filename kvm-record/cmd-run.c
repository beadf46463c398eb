/*
 * rr-kvm run: a VM that is recorded whenever "rr-kvm start" says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/qemu.h"
#include "kvm-record/commands.h"
#include "kvm-record/control.h"
#include "kvm-record/record-check.h"
#include "kvm-record/session.h"
#include "kvm-record/vm/check.h"
#include "kvm-record/vm/qemu-args.h"
#include "kvm-record/vm/record-command.h"

struct options {
	char *trace;
	gboolean no_check;
	struct rr_record_options recorder;
	char **qemu_args; /* NULL: there was no "--" */
};

static bool parse_entries(int argc, char **argv, struct options *o)
{
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "The trace of the first recording; the machine's name for "
		  "start, stop and status",
		  "TRACE" },
		{ "notes", 0, 0, G_OPTION_ARG_FILENAME, &o->recorder.notes,
		  "Keep the text files of this directory in the manifests",
		  "DIR" },
		{ "no-check", 0, 0, G_OPTION_ARG_NONE, &o->no_check,
		  "Do not check this host first", NULL },
	};
	GOptionEntry entries[G_N_ELEMENTS(own) + RR_RECORD_OPTION_COUNT + 1] = {
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "-- QEMU-ARGUMENT...",
		.argument_count = 0,
		.description = "Runs the VM that the QEMU arguments describe, "
			       "ready to be recorded.  rr-kvm start TRACE\n"
			       "begins a recording, rr-kvm stop TRACE ends it, "
			       "as often as you like; the guest goes on.",
		.opaque = o,
	};

	memcpy(entries, own, sizeof(own));
	rr_record_options_entries(&o->recorder, entries + G_N_ELEMENTS(own));
	return rr_options_parse(&options, &argc, &argv);
}

static bool check_options(const struct options *o, GError **error)
{
	if (o->trace && *o->trace && o->qemu_args)
		return rr_record_options_check(&o->recorder, error);
	rr_set_error(error, "%s",
		     o->qemu_args ? "-o TRACE is missing" :
				    "the arguments of QEMU are missing: they "
				    "come after --");
	return false;
}

/* The socket of a machine that was killed is in the way. */
static int run_with_socket(const struct options *o, const struct rr_vm *vm,
			   const char *socket, GError **error)
{
	const struct rr_child_options child = { 0 };
	g_autofree char *qemu = rr_qemu_find(error);
	g_autoptr(GPtrArray) command = NULL;
	bool signalled;
	int status;

	if (!qemu)
		return -1;
	command = rr_armed_command(qemu, socket, &o->recorder, vm);
	unlink(socket);
	umask(umask(0) | 077); /* who can write to the socket can use it */
	status = rr_child_run((char *const *)command->pdata, &child, &signalled,
			      error);
	unlink(socket);
	if (status > 0)
		return rr_fail("QEMU ended with exit status %d", status);
	return status;
}

/* Returns an exit status, or -1 and @error. */
static int run(const struct options *o, GError **error)
{
	g_autoptr(rr_vm) vm = rr_vm_from_qemu_args(o->qemu_args);
	g_autofree char *socket = control_path(o->trace, error);
	struct session *session;
	int status;

	if (!socket || !rr_vm_check(vm, error) ||
	    !record_check_output(o->trace, false, error) ||
	    (!o->no_check && !record_check_host("rr-kvm record --lab", error)))
		return -1;
	session = session_begin(o->trace, error);
	if (!session)
		return -1;
	status = run_with_socket(o, vm, socket, error);
	session_end(session);
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct options o = { 0 };
	GError *error = NULL;
	int status = RR_EXIT_FAILURE;
	int count = rr_qemu_args_split(argc, argv, &o.qemu_args);

	if (parse_entries(count, argv, &o)) {
		if (check_options(&o, &error))
			status = run(&o, &error);
		else
			rr_fail_usage("%s", error->message);
	}
	if (status < 0)
		status = rr_fail_error(g_steal_pointer(&error));
	g_clear_error(&error);
	g_free(o.trace);
	rr_record_options_clear(&o.recorder);
	return status;
}
