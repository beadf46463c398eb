/*
 * qemu-system-rr: QEMU for libvirt, which records; see shim.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/shim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"
#include "kvm-record/libvirt/arguments.h"
#include "kvm-record/libvirt/files.h"
#include "kvm-record/session.h"
#include "kvm-record/vm/check.h"
#include "kvm-record/vm/option-parts.h"
#include "kvm-record/vm/qemu-args.h"
#include "kvm-record/vm/record-command.h"

char *rr_shim_find(GError **error)
{
	return rr_find_file(NULL, RR_SHIM_NAME, error);
}

static bool become(char *const *argv, GError **error)
{
	execv(argv[0], argv);
	rr_set_error_errno(error, errno, argv[0]);
	return false;
}

/* QEMU as it is, for libvirt's questions, --version and --help. */
static bool become_qemu(char *qemu, char **argv, GError **error)
{
	argv[0] = qemu;
	return become(argv, error);
}

static const char *option_value(const struct rr_vm *vm, const char *name)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		if (!g_strcmp0(option->name, name) && option->value)
			return option->value;
	return NULL;
}

/* -name guest=X,debug-threads=on; a "/" cannot be in a file's name. */
static char *guest_name(const struct rr_vm *vm)
{
	const char *value = option_value(vm, "name");
	g_auto(GStrv) parts = rr_option_parts(value ? value : "guest");
	const char *name = parts[0];

	if (g_str_has_prefix(name, "guest="))
		name += strlen("guest=");
	return g_strdelimit(g_strdup(*name ? name : "guest"), "/", '_');
}

static char *trace_path(const struct rr_vm *vm, GError **error)
{
	const char *set = g_getenv(RR_SHIM_TRACE);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = NULL, *guest = NULL;

	if (!set || !g_path_is_absolute(set)) {
		rr_set_error(
			error,
			"the domain does not say where the trace goes: "
			"<qemu:env name='" RR_SHIM_TRACE "' value='PATH'/> "
			"with an absolute path (rr-kvm vm enable adds it)");
		return NULL;
	}
	if (!g_str_has_suffix(set, "/"))
		return g_strdup(set);
	time = g_date_time_format(now, "%Y%m%d-%H%M%S");
	guest = guest_name(vm);
	return g_strdup_printf("%s%s-%s.rrt", set, guest, time);
}

static bool parse_options(struct rr_record_options *o, GError **error)
{
	const char *text = g_getenv(RR_SHIM_OPTIONS);
	GOptionEntry entries[RR_RECORD_OPTION_COUNT + 2] = {
		G_OPTION_ENTRY_NULL
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_auto(GStrv) words = NULL;
	g_autofree char *line = NULL;

	if (!text || !*text)
		return true;
	line = g_strconcat(RR_SHIM_NAME " ", text, NULL);
	if (!g_shell_parse_argv(line, NULL, &words, error))
		return false;
	rr_record_options_entries(o, entries);
	entries[RR_RECORD_OPTION_COUNT] =
		(GOptionEntry){ "notes",   0,  0, G_OPTION_ARG_FILENAME,
				&o->notes, "", "" };
	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_help_enabled(context, FALSE);
	if (!g_option_context_parse_strv(context, &words, error)) {
		g_prefix_error(error, RR_SHIM_OPTIONS ": ");
		return false;
	}
	return rr_record_options_check(o, error);
}

static bool check_trace(const char *trace, GError **error)
{
	if (!g_file_test(trace, G_FILE_TEST_EXISTS))
		return true;
	rr_set_error(error,
		     "%s exists: remove it, or let " RR_SHIM_TRACE
		     " end with a / for a trace of each start",
		     trace);
	return false;
}

static bool become_recorder(const char *qemu, const struct rr_vm *asked,
			    GError **error)
{
	g_autoptr(rr_vm) vm = rr_libvirt_arguments(asked);
	g_autofree char *trace = trace_path(vm, error);
	struct rr_record_options options = { 0 };
	g_autoptr(GPtrArray) command = NULL;

	if (!trace || !parse_options(&options, error) ||
	    !rr_vm_check(vm, error) || !rr_arguments_check_files(vm, error) ||
	    !check_trace(trace, error))
		return false;
	/* Its lock stays with QEMU. */
	if (!session_begin(trace, error))
		return false;
	command = rr_record_command(qemu, trace, &options, vm);
	rr_record_options_clear(&options);
	return become((char *const *)command->pdata, error);
}

int rr_shim_main(int argc, char **argv)
{
	GError *error = NULL;
	g_autofree char *qemu = rr_qemu_find(&error);
	g_autoptr(rr_vm) vm = NULL;

	g_set_prgname(RR_SHIM_NAME);
	if (!qemu)
		return rr_fail_error(error);
	vm = rr_vm_from_qemu_args(argv + (argc > 0));
	if (!option_value(vm, "machine") || rr_libvirt_is_probe(vm))
		become_qemu(qemu, argv, &error);
	else
		become_recorder(qemu, vm, &error);
	return rr_fail_error(error);
}
