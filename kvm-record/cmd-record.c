/*
 * rr-kvm record: record the VM that QEMU arguments, or a domain of libvirt,
 * describe.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/qemu.h"
#include "common/logfmt/rrlog.h"
#include "common/silicon/silicon.h"
#include "kvm-record/commands.h"
#include "kvm-record/lab.h"
#include "kvm-record/record-check.h"
#include "kvm-record/record-domain.h"
#include "kvm-record/record-end.h"
#include "kvm-record/session.h"
#include "kvm-record/vm/check.h"
#include "kvm-record/vm/display.h"
#include "kvm-record/vm/qemu-args.h"
#include "kvm-record/vm/record-command.h"

#define LAB_STOPPING                                                       \
	"rr-kvm: stopping; a second signal, after some seconds, ends the " \
	"lab at once, and the trace is cut off\n"

struct options {
	char *trace;
	gboolean force, quiet, no_check;
	gboolean is_locked; /* by the rr-kvm outside of this lab */
	char *domain, *uri; /* of libvirt */
	gboolean strict, print_xml, print_args, keep_disks;
	char *display_text;
	struct rr_display display;
	gint vcpus;
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
		{ "vm", 0, 0, G_OPTION_ARG_FILENAME, &o->domain,
		  "Record a domain of libvirt: its file, - (standard input), "
		  "name or UUID",
		  "DOMAIN" },
		{ "connect", 0, 0, G_OPTION_ARG_STRING, &o->uri,
		  "With --vm: libvirt's daemon", "URI" },
		{ "strict", 0, 0, G_OPTION_ARG_NONE, &o->strict,
		  "With --vm: fail if the domain has to be changed", NULL },
		{ "print-xml", 0, 0, G_OPTION_ARG_NONE, &o->print_xml,
		  "With --vm: print the changed domain, record nothing", NULL },
		{ "print-args", 0, 0, G_OPTION_ARG_NONE, &o->print_args,
		  "With --vm and --lab: print the arguments of QEMU, record "
		  "nothing",
		  NULL },
		{ "vcpus", 0, 0, G_OPTION_ARG_INT, &o->vcpus,
		  "With --vm: 1 records a domain with more vCPUs with one",
		  "N" },
		{ "keep-disks", 0, 0, G_OPTION_ARG_NONE, &o->keep_disks,
		  "With --vm: throw away what the guest writes to its disks",
		  NULL },
		{ "display", 0, 0, G_OPTION_ARG_STRING, &o->display_text,
		  "How a person sees the machine: vnc=:1, gtk or none",
		  "DISPLAY" },
		{ "notes", 0, 0, G_OPTION_ARG_FILENAME, &o->recorder.notes,
		  "Keep the text files of this directory in the manifest",
		  "DIR" },
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
		{ "locked", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE,
		  &o->is_locked, "In the lab: another rr-kvm has the lock",
		  NULL },
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
		.arguments = "{-- QEMU-ARGUMENT... | --vm DOMAIN}",
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
	int count = rr_qemu_args_split(argc, argv, &o->qemu_args);

	return parse_entries(count, argv, o);
}

static const char *check_domain_options(const struct options *o)
{
	if (!o->domain && (o->uri || o->strict || o->print_xml ||
			   o->print_args || o->vcpus || o->keep_disks))
		return "--connect, --strict, --print-xml, --print-args, "
		       "--vcpus and --keep-disks need --vm";
	if (o->print_args && !o->lab)
		return "--print-args needs --lab";
	if (o->domain && o->qemu_args)
		return "--vm and arguments of QEMU exclude each other";
	if (o->domain && o->recorder.notes)
		return "--vm and --notes exclude each other";
	if (o->vcpus && o->vcpus != 1)
		return "--vcpus takes 1: one vCPU is recorded";
	return NULL;
}

static bool check_options(struct options *o, GError **error)
{
	const char *why = check_domain_options(o);

	if (why)
		;
	else if ((!o->trace || !*o->trace) && !o->print_xml && !o->print_args)
		why = "-o TRACE is missing";
	else if (!o->qemu_args && !o->domain)
		why = "the arguments of QEMU are missing: they come after --";
	else if (!o->lab && (o->deterministic || o->seed || o->memory_mib ||
			     o->silicon || o->lab_args))
		why = "--deterministic, --seed, --memory-lab, --silicon and "
		      "--lab-arg need --lab";
	else if (o->silicon && o->lab == LAB_INTEL)
		why = "--silicon needs --lab=amd: that of --lab=intel is Bochs's";
	else if (o->silicon && !silicon_family(o->silicon))
		why = silicon_refusal(o->silicon);
	else if (o->seed < 0 || o->memory_mib < 0)
		why = "--seed and --memory-lab take positive numbers";
	if (!why)
		return rr_record_options_check(&o->recorder, error) &&
		       rr_display_parse(o->display_text, &o->display, error);
	rr_set_error(error, "%s", why);
	return false;
}

/* Of a recording on this host, with its display. */
static GPtrArray *make_command_here(const struct options *o, const char *qemu,
				    const struct rr_vm *vm)
{
	g_autofree char *trace = g_canonicalize_filename(o->trace, NULL);
	g_autoptr(rr_vm) shown = rr_vm_copy(vm);

	rr_display_add(&o->display, shown);
	return rr_record_command(qemu, trace, &o->recorder, shown);
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
		.display = &o->display,
		.args = o->lab_args,
	};
	g_autofree char *qemu = NULL;

	if (o->lab)
		return lab_command(&lab, o->trace, &o->recorder, vm, error);
	qemu = rr_qemu_find(error);
	if (!qemu || !rr_display_check_qemu(&o->display, qemu, error) ||
	    (!o->no_check && !record_check_host("--lab", error)))
		return NULL;
	return make_command_here(o, qemu, vm);
}

/* What the trace that the child with this exit status left means. */
static int conclude(const struct options *o, int status, bool signalled,
		    gint64 start_us)
{
	const struct record_end end = {
		.trace = o->trace,
		.in_lab = o->lab,
		.quiet = o->quiet,
		.status = status,
		.signalled = signalled,
		.seconds = (double)(g_get_monotonic_time() - start_us) / 1e6,
	};

	return record_end(&end);
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

	if (!record_remove_trace(o->trace, error))
		return -1;
	status = rr_child_run((char *const *)command->pdata, &child, &signalled,
			      error);
	if (status < 0)
		return -1;
	return conclude(o, status, signalled, start_us);
}

/* Returns an exit status, or -1 and @error. */
static int record_vm(const struct options *o, const struct rr_vm *vm,
		     GError **error)
{
	g_autoptr(GPtrArray) command = NULL;
	struct session *session;
	int status;

	if (!rr_vm_check(vm, error) ||
	    !record_check_output(o->trace, o->force, error))
		return -1;
	command = make_command(o, vm, error);
	if (!command)
		return -1;
	session = o->is_locked ? NULL : session_begin(o->trace, error);
	if (!session && !o->is_locked)
		return -1;
	status = run(o, command, error);
	session_end(session);
	return status;
}

static int record_args(const struct options *o, GError **error)
{
	g_autoptr(rr_vm) vm = rr_vm_from_qemu_args(o->qemu_args);

	if (!rr_display_check_alone(&o->display, vm, error))
		return -1;
	return record_vm(o, vm, error);
}

/* qemu-system-rr has the session: it becomes the recorder. */
static int record_domain_here(const struct options *o, struct record_domain *d,
			      GError **error)
{
	g_autofree char *trace = g_canonicalize_filename(o->trace, NULL);
	gint64 start_us = g_get_monotonic_time();
	bool signalled;

	if (!record_check_output(o->trace, o->force, error) ||
	    (!o->no_check && !record_check_host("--lab", error)) ||
	    !record_remove_trace(o->trace, error) ||
	    !record_domain_run(d, trace, &o->recorder, &signalled, error))
		return -1;
	return conclude(o, 0, signalled, start_us);
}

/* One argument a line. */
static int print_args(const struct rr_vm *vm, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	guint i;

	if (!rr_vm_check(vm, error))
		return -1;
	rr_vm_append_args(vm, args);
	for (i = 0; i < args->len; i++)
		puts(args->pdata[i]);
	return RR_EXIT_OK;
}

static int record_open_domain(struct options *o, struct record_domain *d,
			      GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(rr_vm) vm = NULL;

	if (o->print_xml) {
		text = record_domain_text(d);
		fputs(text, stdout);
		return RR_EXIT_OK;
	}
	if (!o->print_args && !record_domain_check_files(d, error))
		return -1;
	o->recorder.notes = g_strdup(record_domain_notes(d));
	if (!o->lab)
		return record_domain_here(o, d, error);
	vm = record_domain_for_lab(d, error);
	if (!vm)
		return -1;
	return o->print_args ? print_args(vm, error) : record_vm(o, vm, error);
}

static int record_domain(struct options *o, GError **error)
{
	const struct record_domain_options options = {
		.domain = o->domain,
		.uri = o->uri,
		.lab = o->lab,
		.strict = o->strict,
		.one_vcpu = o->vcpus == 1,
		.keep_disks = o->keep_disks,
		.display = &o->display,
		.quiet = o->quiet,
	};
	struct record_domain *d = record_domain_open(&options, error);
	int status = d ? record_open_domain(o, d, error) : -1;

	record_domain_close(d);
	return status;
}

/* Returns an exit status, or -1 and @error. */
static int record(struct options *o, GError **error)
{
	return o->domain ? record_domain(o, error) : record_args(o, error);
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
	g_free(o.domain);
	g_free(o.uri);
	g_free(o.silicon);
	g_free(o.display_text);
	rr_display_clear(&o.display);
	g_strfreev(o.lab_args);
	rr_record_options_clear(&o.recorder);
	return status;
}
