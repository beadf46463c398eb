/*
 * QEMU as the replayer; see run.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tcg-replay/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/qemu.h"

static char *find_built_plugin(const char *prefix, const char *name)
{
	g_autofree char *relative =
		g_strconcat("../lib/plugins/", prefix, name,
			    g_str_has_suffix(name, ".so") ? "" : ".so", NULL);

	return rr_find_file(NULL, relative, NULL);
}

/* A path, or the bare name of a plugin that came with the build. */
static char *find_plugin(const char *name, GError **error)
{
	char *path = NULL;

	if (g_file_test(name, G_FILE_TEST_IS_REGULAR))
		return g_canonicalize_filename(name, NULL);
	if (!strchr(name, '/')) {
		path = find_built_plugin("", name);
		if (!path)
			path = find_built_plugin("lib", name);
	}
	if (!path)
		rr_set_error(error, "there is no plugin %s", name);
	return path;
}

static bool add_plugin(GPtrArray *command, const char *text, GError **error)
{
	size_t bytes = strcspn(text, ",");
	g_autofree char *name = g_strndup(text, bytes);
	g_autofree char *path = find_plugin(name, error);

	if (!path)
		return false;
	g_ptr_array_add(command, g_strdup("-plugin"));
	g_ptr_array_add(command, g_strconcat(path, text + bytes, NULL));
	return true;
}

static char *machine(const struct rr_run *run)
{
	GString *text = g_string_new("rr-replay,trace=");
	g_autofree char *trace = rr_qemu_escape(run->trace);

	g_string_append(text, trace);
	if (run->console)
		g_string_append(text, ",console=on");
	if (run->progress)
		g_string_append(text, ",progress=on");
	if (run->trust_images)
		g_string_append(text, ",trust-images=on");
	g_string_append_printf(text, ",patience=%u", run->patience_s);
	if (run->gdb && !run->screen && run->checkpoint_mib)
		g_string_append_printf(text, ",checkpoint-memory=%u",
				       run->checkpoint_mib);
	if (run->sandbox)
		g_string_append_printf(text, ",sandbox=%s", run->sandbox);
	if (run->silicon) {
		g_autofree char *silicon = rr_qemu_escape(run->silicon);

		g_string_append_printf(text, ",silicon=%s", silicon);
	}
	if (run->screen) {
		g_autofree char *screen = rr_qemu_escape(run->screen);

		g_string_append_printf(text, ",screen=%s", screen);
	}
	if (run->images) {
		g_autofree char *images =
			g_strjoinv("\n", (char **)run->images);
		g_autofree char *escaped = rr_qemu_escape(images);

		g_string_append_printf(text, ",images=%s", escaped);
	}
	return g_string_free(text, FALSE);
}

/* ":1234" is open to this host only. */
static void add_gdb(GPtrArray *command, const char *where)
{
	g_autofree char *path = rr_qemu_escape(where);
	char *device;

	if (strchr(where, '/'))
		device = g_strdup_printf("unix:%s,server=on,wait=off", path);
	else
		device = g_strdup_printf(
			"tcp:%s%s", *where == ':' ? "127.0.0.1" : "", where);
	g_ptr_array_add(command, g_strdup("-S"));
	g_ptr_array_add(command, g_strdup("-gdb"));
	g_ptr_array_add(command, device);
}

GPtrArray *rr_run_command(const struct rr_run *run, GError **error)
{
	static const char *const fixed[] = {
		"-accel",  "tcg",	  "-display",
		"none",	   "-nodefaults", "-no-user-config",
		"-serial", "none",	  "-monitor",
		"none",	   "-machine",
	};
	g_autoptr(GPtrArray) command = g_ptr_array_new_with_free_func(g_free);
	char *qemu = rr_qemu_find(error);
	char *const *p;
	size_t i;

	if (!qemu)
		return NULL;
	g_ptr_array_add(command, qemu);
	for (i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(command, g_strdup(fixed[i]));
	g_ptr_array_add(command, machine(run));
	for (p = run->plugins; p && *p; p++)
		if (!add_plugin(command, *p, error))
			return NULL;
	if (run->gdb)
		add_gdb(command, run->gdb);
	for (p = run->qemu_args; p && *p; p++)
		g_ptr_array_add(command, g_strdup(*p));
	g_ptr_array_add(command, NULL);
	return g_steal_pointer(&command);
}

int rr_run_exec(const GPtrArray *command)
{
	fflush(NULL);
	execv(command->pdata[0], (char **)command->pdata);
	return rr_fail("cannot run %s: %s", (char *)command->pdata[0],
		       g_strerror(errno));
}
