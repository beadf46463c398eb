/*
 * The command line of QEMU as the replayer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "tcg-replay/run.h"
#include "tests/tap.h"

#define FIXED                                                                 \
	" -accel tcg -display none -nodefaults -no-user-config -serial none " \
	"-monitor none -machine rr-replay,trace="

static char *dir, *qemu, *plugin;

static void check(const struct rr_run *run, const char *tail)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) command = rr_run_command(run, &error);
	g_autofree char *expected = g_strconcat(qemu, FIXED, tail, NULL);
	g_autofree char *found =
		command ? g_strjoinv(" ", (char **)command->pdata) : NULL;

	bool good = !g_strcmp0(found, expected);

	ksft_ok(good, "%s",
		found ? g_strdelimit(found, "\n", ' ') : error->message);
}

static void check_error(const struct rr_run *run, const char *reason)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) command = rr_run_command(run, &error);

	ksft_ok(!command && error && strstr(error->message, reason),
		"refused: %s", error ? error->message : "accepted");
}

int main(void)
{
	char *images[] = { (char *)"0=/a,b", (char *)"1=/c", NULL };
	char *args[] = { (char *)"-d", (char *)"plugin", NULL };
	char *plugins[] = { NULL, NULL };
	struct rr_run run = { .trace = "/t,r", .patience_s = 30 };
	g_autofree char *with_arg = NULL, *tail = NULL;

	dir = g_dir_make_tmp("rr-run-XXXXXX", NULL);
	qemu = g_build_filename(dir, "qemu", NULL);
	plugin = g_build_filename(dir, "p.so", NULL);
	g_file_set_contents(qemu, "", 0, NULL);
	g_file_set_contents(plugin, "", 0, NULL);
	g_setenv("RR_QEMU", qemu, TRUE);

	ksft_plan(5 + 3);
	check(&run, "/t,,r,patience=30");
	run.console = run.progress = true;
	run.images = images;
	run.trust_images = true;
	run.sandbox = "off";
	check(&run, "/t,,r,console=on,progress=on,trust-images=on,patience=30,"
		    "sandbox=off,images=0=/a,,b\n1=/c");
	run = (struct rr_run){ .trace = "/t", .gdb = ":1" };
	check(&run, "/t,patience=0 -S -gdb tcp:127.0.0.1:1");
	run.gdb = "/a,b";
	check(&run, "/t,patience=0 -S -gdb unix:/a,,b,server=on,wait=off");
	run = (struct rr_run){ .trace = "/t",
			       .qemu_args = args,
			       .plugins = plugins };
	with_arg = g_strconcat(plugin, ",inline=on", NULL);
	tail = g_strconcat("/t,patience=0 -plugin ", with_arg, " -d plugin",
			   NULL);
	plugins[0] = with_arg;
	check(&run, tail);
	plugins[0] = (char *)"frob";
	check_error(&run, "no plugin frob");
	plugins[0] = (char *)"/nonexistent/x.so,a=b";
	check_error(&run, "no plugin /nonexistent/x.so");
	g_unlink(qemu);
	check_error(&run, "RR_QEMU");
	g_unlink(plugin);
	g_rmdir(dir);
	return ksft_end();
}
