/*
 * rr-kvm record: record the VM that QEMU arguments describe.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/qemu.h"
#include "common/cli/summary.h"
#include "common/logfmt/rrlog.h"
#include "common/silicon/silicon.h"
#include "kvm-record/commands.h"
#include "kvm-record/host/check.h"
#include "kvm-record/lab.h"
#include "kvm-record/session.h"
#include "kvm-record/vm/check.h"
#include "kvm-record/vm/qemu-args.h"
#include "kvm-record/vm/record-command.h"

#define LAB_STOPPING                                                       \
	"rr-kvm: stopping; a second signal, after some seconds, ends the " \
	"lab at once, and the trace is cut off\n"
#define LAB_FAILED 125 /* run.sh's exit status if the lab itself failed */

struct options {
	char *trace;
	gboolean force, quiet, no_check;
	struct rr_record_options recorder;
	enum lab_kind lab;
	gboolean deterministic;
	gint seed, memory_mib;
	char *silicon;
	char **lab_args; /* for run.sh */
	char **qemu_args; /* NULL: there was no "--" */
};

static gboolean parse_lab(const char *option, const char *value, void *data,
			  GError **error)
{
	struct options *o = data;

	(void)option;
	return lab_kind_parse(value, &o->lab, error);
}

static bool parse_entries(int argc, char **argv, struct options *o)
{
	const GOptionEntry own[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "The trace to make", "TRACE" },
		{ "force", 'f', 0, G_OPTION_ARG_NONE, &o->force,
		  "Replace a trace that exists", NULL },
		{ "lab", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK,
		  (void *)parse_lab,
		  "Record in an emulated host, amd (default) or intel, which "
		  "needs no KVM here",
		  "HOST" },
		{ "deterministic", 0, 0, G_OPTION_ARG_NONE, &o->deterministic,
		  "With --lab: two recordings are the same", NULL },
		{ "seed", 0, 0, G_OPTION_ARG_INT, &o->seed,
		  "With --lab: --deterministic with other random numbers",
		  "N" },
		{ "memory-lab", 0, 0, G_OPTION_ARG_INT, &o->memory_mib,
		  "With --lab: its memory, if the computed default is too "
		  "small",
		  "MIB" },
		{ "silicon", 0, 0, G_OPTION_ARG_STRING, &o->silicon,
		  "With --lab: a processor of this family (" SILICON_NAMES ")",
		  "NAME" },
		{ "lab-arg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->lab_args,
		  "With --lab: an argument for its run.sh; may be repeated",
		  "ARG" },
		{ "no-check", 0, 0, G_OPTION_ARG_NONE, &o->no_check,
		  "Do not check this host first", NULL },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "Print no summary at the end", NULL },
	};
	GOptionEntry entries[G_N_ELEMENTS(own) + RR_RECORD_OPTION_COUNT + 1] = {
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "-- QEMU-ARGUMENT...",
		.argument_count = RR_ANY_COUNT,
		.description = "Records the VM that the QEMU arguments "
			       "describe until it powers off,\nCtrl-C, or "
			       "rr-kvm stop TRACE.  Exit status: 0 recorded, "
			       "1 not.",
		.opaque = o,
	};

	memcpy(entries, own, sizeof(own));
	rr_record_options_entries(&o->recorder, entries + G_N_ELEMENTS(own));
	if (!rr_options_parse(&options, &argc, &argv))
		return false;
	if (argc == 1)
		return true;
	rr_fail_usage("unexpected argument '%s': those of QEMU come after --",
		      argv[1]);
	return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
	int i;

	/* GOption must not see the arguments of QEMU. */
	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			break;
	if (i < argc)
		o->qemu_args = argv + i + 1;
	return parse_entries(i, argv, o);
}

static bool check_options(const struct options *o, GError **error)
{
	const char *why = NULL;

	if (!o->trace || !*o->trace)
		why = "-o TRACE is missing";
	else if (!o->qemu_args)
		why = "the arguments of QEMU are missing: they come after --";
	else if (!o->lab && (o->deterministic || o->seed || o->memory_mib ||
			     o->silicon || o->lab_args))
		why = "--deterministic, --seed, --memory-lab, --silicon and "
		      "--lab-arg need --lab";
	else if (o->silicon && o->lab == LAB_INTEL)
		why = "--silicon needs --lab=amd: that of --lab=intel is Bochs's";
	else if (o->silicon && !silicon_family(o->silicon))
		why = "--silicon takes one of " SILICON_NAMES;
	else if (o->seed < 0 || o->memory_mib < 0)
		why = "--seed and --memory-lab take positive numbers";
	if (!why)
		return rr_record_options_check(&o->recorder, error);
	rr_set_error(error, "%s", why);
	return false;
}

/* Removes nothing but a trace, for -o may be wrong. */
static bool remove_trace(const char *trace, GError **error)
{
	int err = rrlog_trace_remove(trace);

	if (!err)
		return true;
	if (err == -EINVAL)
		rr_set_error(error, "%s is not a trace: not replaced", trace);
	else
		rr_set_error(error, "cannot replace %s: %s", trace,
			     g_strerror(-err));
	return false;
}

static bool exists(const char *path)
{
	return g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK);
}

static bool check_output_dir(const struct options *o, GError **error)
{
	g_autofree char *absolute = g_canonicalize_filename(o->trace, NULL);
	g_autofree char *parent = g_path_get_dirname(absolute);

	if (access(parent, W_OK | X_OK)) {
		rr_set_error(error, "cannot write to %s: %s", parent,
			     g_strerror(errno));
		return false;
	}
	if (o->force || !exists(o->trace))
		return true;
	rr_set_error(error, "%s exists (--force replaces a trace)", o->trace);
	return false;
}

static bool check_host(GError **error)
{
	struct host_check_result r[HOST_CHECK_MAX];
	int i, n = host_check_run(HOST_CHECK_TRIES_FAST, r);

	for (i = 0; i < n; i++)
		if (r[i].status == HOST_CHECK_FAIL)
			rr_message("%s: %s", r[i].name, r[i].reason);
		else if (r[i].status == HOST_CHECK_WARN)
			rr_message("warning: %s: %s", r[i].name, r[i].reason);
	if (host_check_passed(r, n))
		return true;
	rr_set_error(error, "this host cannot record (rr-kvm check-host prints "
			    "the remedies); --lab records in an emulated host");
	return false;
}

static GPtrArray *make_command(const struct options *o, const struct rr_vm *vm,
			       GError **error)
{
	const struct lab_options lab = {
		.kind = o->lab,
		.deterministic = o->deterministic || o->seed,
		.seed = o->seed,
		.memory_mib = o->memory_mib,
		.silicon = o->silicon,
		.args = o->lab_args,
	};
	g_autofree char *trace = NULL, *qemu = NULL;

	if (o->lab)
		return lab_command(&lab, o->trace, &o->recorder, vm, error);
	qemu = rr_qemu_find(error);
	if (!qemu || (!o->no_check && !check_host(error)))
		return NULL;
	trace = g_canonicalize_filename(o->trace, NULL);
	return rr_record_command(qemu, trace, &o->recorder, vm);
}

static void print_summary(const struct options *o, const struct rr_summary *s,
			  double seconds)
{
	g_autofree char *size =
		g_format_size_full(s->stored_bytes, G_FORMAT_SIZE_IEC_UNITS);

	rr_message("recorded %s in %.1f s: %s", o->trace, seconds,
		   rr_summary_end_text(s));
	rr_message("%" PRIu64 " records, %" PRIu64 " interrupts, %" PRIu64
		   " bytes of DMA, %" PRIu64 " branches; %s on disk",
		   s->records, s->interrupts, s->dma_bytes, s->branches, size);
}

/*
 * There is no trace.  QEMU with exit status 1 has said why; in the lab the
 * recorder there, or run.sh, has.
 */
static int conclude_without_trace(const struct options *o, int status,
				  bool signalled)
{
	if (signalled)
		return rr_fail("stopped before the recording began: no trace");
	if (status == RR_EXIT_FAILURE || (o->lab && status == LAB_FAILED))
		return RR_EXIT_FAILURE;
	if (!status)
		return rr_fail("QEMU ended before the guest ran: no trace");
	if (status > 128)
		return rr_fail("QEMU was killed before the guest ran (%s): no "
			       "trace",
			       g_strsignal(status - 128));
	return rr_fail("QEMU left no trace (exit status %d)", status);
}

static int conclude_trace(const struct options *o, const struct rr_summary *s,
			  int status)
{
	/* As through isa-debug-exit: the status says what the guest means. */
	if (status && s->complete && s->end_reason == RRLOG_END_SHUTDOWN) {
		rr_message("the guest had QEMU end with exit status %d",
			   status);
		return RR_EXIT_OK;
	}
	/* The recorder in the lab, or run.sh, has said what failed. */
	if (o->lab && (status == RR_EXIT_FAILURE || status == LAB_FAILED))
		return RR_EXIT_FAILURE;
	if (!s->complete || s->end_reason == RRLOG_END_ERROR)
		return rr_fail("the recording is not complete (exit status of "
			       "QEMU: %d); it replays as far as it goes",
			       status);
	return status ? rr_fail("QEMU ended with exit status %d", status) :
			RR_EXIT_OK;
}

/* The child has ended.  Returns the exit status for the trace that it left. */
static int conclude(const struct options *o, int status, bool signalled,
		    double seconds)
{
	struct rr_summary s;
	GError *error = NULL;
	int read_status;

	if (!g_file_test(o->trace, G_FILE_TEST_IS_DIR))
		return conclude_without_trace(o, status, signalled);
	read_status = rr_summary_read(o->trace, &s, &error);
	if (read_status) {
		rr_fail_error(error);
		return read_status;
	}
	if (!o->quiet)
		print_summary(o, &s, seconds);
	return conclude_trace(o, &s, status);
}

static int run(const struct options *o, GPtrArray *command, GError **error)
{
	/* run.sh has a separate process group: a second signal kills the lab. */
	const struct rr_child_options child = {
		.own_group = o->lab,
		.forward = o->lab ? SIGTERM : 0,
		.notice = o->lab && !o->quiet ? LAB_STOPPING : NULL,
	};
	gint64 start_us = g_get_monotonic_time();
	bool signalled;
	int status;

	if (exists(o->trace) && !remove_trace(o->trace, error))
		return -1;
	status = rr_child_run((char *const *)command->pdata, &child, &signalled,
			      error);
	if (status < 0)
		return -1;
	return conclude(o, status, signalled,
			(double)(g_get_monotonic_time() - start_us) / 1e6);
}

/* Returns an exit status, or -1 and @error. */
static int record(const struct options *o, GError **error)
{
	g_autoptr(rr_vm) vm = rr_vm_from_qemu_args(o->qemu_args);
	g_autoptr(GPtrArray) command = NULL;
	struct session *session;
	int status;

	if (!rr_vm_check(vm, error) || !check_output_dir(o, error))
		return -1;
	command = make_command(o, vm, error);
	if (!command)
		return -1;
	session = session_begin(o->trace, error);
	if (!session)
		return -1;
	status = run(o, command, error);
	session_end(session);
	return status;
}

int cmd_record(int argc, char **argv)
{
	struct options o = { 0 };
	GError *error = NULL;
	int status = RR_EXIT_FAILURE;

	if (parse(argc, argv, &o)) {
		if (check_options(&o, &error))
			status = record(&o, &error);
		else
			rr_fail_usage("%s", error->message);
	}
	if (status < 0)
		status = rr_fail_error(g_steal_pointer(&error));
	g_clear_error(&error);
	g_free(o.trace);
	g_free(o.silicon);
	g_strfreev(o.lab_args);
	rr_record_options_clear(&o.recorder);
	return status;
}
