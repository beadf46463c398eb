/*
 * rr-kvm record
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "kvm-record/commands.h"
#include "kvm-record/host/check.h"
#include "kvm-record/lab.h"
#include "kvm-record/vm/qemu-args.h"
#include "common/logfmt/rrlog.h"
#include "kvm-record/session.h"
#include "common/cli/summary.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/qemu.h"

#define LAB_FAILED 125 /* run.sh: not the command, the lab */

#define EPOCH_MAX_US 1000000 /* KVM_X86_RECORD_EPOCH's, args[2] */

struct record_options {
	char *trace;
	gboolean lab, force, quiet, no_check;
	gboolean fsync, refer_to_images;
	gboolean deterministic;
	char *clock;
	gint epoch_us;
	gint seed, memory_mib;
	char **lab_args; /* run.sh's */
	char **args; /* QEMU's */
};

static const char description[] =
	"Records the VM that the QEMU arguments describe until it powers off,\n"
	"Ctrl-C, or rr-kvm stop TRACE.  Exit status: 0 recorded, 1 not.";

static bool parse(int argc, char **argv, struct record_options *o)
{
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "the trace to make", "TRACE" },
		{ "force", 'f', 0, G_OPTION_ARG_NONE, &o->force,
		  "replace a trace that exists", NULL },
		{ "fsync", 0, 0, G_OPTION_ARG_NONE, &o->fsync,
		  "sync the trace to the disk all the time", NULL },
		{ "refer-to-images", 0, 0, G_OPTION_ARG_NONE,
		  &o->refer_to_images,
		  "leave out what is read from read-only disk images", NULL },
		{ "clock", 0, 0, G_OPTION_ARG_STRING, &o->clock,
		  "how reads of the clock are recorded: ring (exact), exit "
		  "(exact, slow), epoch (coarse, fast)",
		  "MODE" },
		{ "epoch-us", 0, 0, G_OPTION_ARG_INT, &o->epoch_us,
		  "with --clock epoch: how long it stands still, 100 if not "
		  "given",
		  "N" },
		{ "lab", 0, 0, G_OPTION_ARG_NONE, &o->lab,
		  "record in an emulated host: needs no KVM here", NULL },
		{ "deterministic", 0, 0, G_OPTION_ARG_NONE, &o->deterministic,
		  "with --lab: two recordings are alike", NULL },
		{ "seed", 0, 0, G_OPTION_ARG_INT, &o->seed,
		  "with --lab: --deterministic with other random numbers",
		  "N" },
		{ "memory-lab", 0, 0, G_OPTION_ARG_INT, &o->memory_mib,
		  "with --lab: its memory", "MIB" },
		{ "lab-arg", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->lab_args,
		  "with --lab: an argument for its run.sh; again for more",
		  "ARG" },
		{ "no-check", 0, 0, G_OPTION_ARG_NONE, &o->no_check,
		  "leave the check of this host out", NULL },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "no summary at the end", NULL },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "-- QEMU-ARGUMENT...",
		.argument_count = RR_ANY_COUNT,
		.description = description,
	};
	int i, split = argc;

	/* What is behind "--" is QEMU's, and not for GOption to look at. */
	for (i = 1; i < argc && split == argc; i++)
		if (!strcmp(argv[i], "--"))
			split = i;
	o->args = split < argc ? argv + split + 1 : NULL;
	argc = split;
	if (!rr_options_parse(&options, &argc, &argv))
		return false;
	if (argc == 1)
		return true;
	rr_fail_usage("unexpected argument '%s': those of QEMU come after --",
		      argv[1]);
	return false;
}

static bool check_options(const struct record_options *o, GError **error)
{
	static const char *const clocks[] = { "ring", "exit", "epoch", NULL };
	const char *why = NULL;

	if (!o->trace || !*o->trace)
		why = "-o TRACE is missing";
	else if (!o->args)
		why = "QEMU's arguments are missing: put them after --";
	else if (!o->lab &&
		 (o->deterministic || o->seed || o->memory_mib || o->lab_args))
		why = "--deterministic, --seed, --memory-lab and --lab-arg "
		      "need --lab";
	else if (o->clock && !g_strv_contains(clocks, o->clock))
		why = "--clock is one of ring, exit and epoch";
	else if (o->epoch_us && g_strcmp0(o->clock, "epoch"))
		why = "--epoch-us needs --clock epoch";
	else if (o->epoch_us < 0 || o->epoch_us > EPOCH_MAX_US)
		why = "--epoch-us is from 1 to 1000000";
	else if (o->seed < 0 || o->memory_mib < 0)
		why = "--seed and --memory-lab take positive numbers";
	if (!why)
		return qemu_args_check(o->args, error);
	rr_set_error(error, "%s (try --help)", why);
	return false;
}

/* A wrong -o must not cost the user a folder. */
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

static bool check_place(const struct record_options *o, GError **error)
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
	rr_set_error(error, "this host cannot record (rr-kvm check-host "
			    "has the remedies); --lab records in an emulated "
			    "host");
	return false;
}

static GPtrArray *command(const struct record_options *o, GError **error)
{
	const struct record_how how = {
		.fsync = o->fsync,
		.refer_to_images = o->refer_to_images,
		.clock = o->clock,
		.epoch_us = o->epoch_us,
	};
	const struct lab_options lab = {
		.deterministic = o->deterministic || o->seed,
		.seed = o->seed,
		.memory_mib = o->memory_mib,
		.args = o->lab_args,
		.how = how,
	};
	g_autofree char *trace = NULL, *qemu = NULL;

	if (o->lab)
		return lab_command(&lab, o->trace, o->args, error);
	qemu = rr_qemu_find(error);
	if (!qemu || (!o->no_check && !check_host(error)))
		return NULL;
	trace = g_canonicalize_filename(o->trace, NULL);
	return qemu_args_for_record(qemu, trace, &how, o->args);
}

static void say_summary(const struct record_options *o,
			const struct rr_summary *s, double seconds)
{
	g_autofree char *size =
		g_format_size_full(s->stored_bytes, G_FORMAT_SIZE_IEC_UNITS);

	fprintf(stderr,
		"rr-kvm: recorded %s in %.1f s: %s\n"
		"rr-kvm: %" PRIu64 " records, %" PRIu64 " interrupts, %" PRIu64
		" bytes of DMA, %" PRIu64 " branches; %s on disk\n",
		o->trace, seconds, rr_summary_end_text(s), s->records,
		s->interrupts, s->dma_bytes, s->branches, size);
}

/* The child is done: did it leave a trace? */
static int conclude(const struct record_options *o, int status, double seconds)
{
	struct rr_summary s;
	GError *error = NULL;
	const char *what = o->lab ? "the lab's recorder" : "QEMU";

	if (o->lab && status == LAB_FAILED)
		return rr_fail("the lab failed (see above)");
	if (!g_file_test(o->trace, G_FILE_TEST_IS_DIR))
		return rr_fail("%s left no trace (exit status %d)", what,
			       status);
	if (rr_summary_read(o->trace, &s, &error))
		return rr_fail_error(error);
	if (!o->quiet)
		say_summary(o, &s, seconds);
	if (status)
		return rr_fail("%s ended with exit status %d", what, status);
	if (!s.complete || s.end_reason == RRLOG_END_ERROR)
		return rr_fail("the recording is not complete");
	return RR_EXIT_OK;
}

static int run(const struct record_options *o, GPtrArray *argv, GError **error)
{
	gint64 start = g_get_monotonic_time();
	int status;

	if (exists(o->trace) && !remove_trace(o->trace, error))
		return -1;
	/* run.sh is in a group of its own: a second signal kills the lab. */
	status = rr_child_run((char *const *)argv->pdata, o->lab,
			      o->lab ? SIGTERM : 0, NULL, error);
	if (status < 0)
		return -1;
	return conclude(o, status,
			(double)(g_get_monotonic_time() - start) / 1e6);
}

static int record(const struct record_options *o, GError **error)
{
	g_autoptr(GPtrArray) argv = NULL;
	struct session *session;
	int status;

	if (!check_place(o, error))
		return -1;
	argv = command(o, error);
	if (!argv)
		return -1;
	session = session_begin(o->trace, error);
	if (!session)
		return -1;
	status = run(o, argv, error);
	session_end(session);
	return status;
}

int cmd_record(int argc, char **argv)
{
	struct record_options o = { 0 };
	GError *error = NULL;
	int status = -1;

	if (!parse(argc, argv, &o))
		return RR_EXIT_FAILURE;
	if (check_options(&o, &error))
		status = record(&o, &error);
	g_free(o.trace);
	return status < 0 ? rr_fail_error(error) : status;
}
