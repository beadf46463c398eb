/*
 * The self-test; see self-test.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/self-test.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/child.h"
#include "common/cli/find.h"
#include "common/cli/message.h"
#include "common/cli/progress.h"
#include "common/logfmt/rrlog.h"

/* The guest's work: seconds on a real host, and in the lab. */
#define ROUNDS_ON_HOST "rounds=5000000"
#define ROUNDS_IN_LAB "rounds=20000"

#define LINE_BYTES 400 /* of a line that is kept */

/* Paths of a run of the self-test. */
struct place {
	char *rr_kvm, *rr_tcg, *guest[2]; /* of 64 and of 32 bits */
	char *directory; /* temporary */
	char *trace, *output, *errors; /* in the directory */
};

static bool find_place(struct place *p, GError **error)
{
	g_autofree char *pattern =
		g_build_filename(g_get_tmp_dir(), "rr-self-test-XXXXXX", NULL);

	p->rr_kvm = g_file_read_link("/proc/self/exe", error);
	if (!p->rr_kvm)
		return false;
	p->rr_tcg = rr_find_file("RR_TCG", "rr-tcg", error);
	if (!p->rr_tcg)
		return false;
	p->guest[0] = rr_find_file(NULL, "../share/rr/self-test-64", error);
	if (!p->guest[0])
		return false;
	p->guest[1] = rr_find_file(NULL, "../share/rr/self-test-32", error);
	if (!p->guest[1])
		return false;
	if (!g_mkdtemp(pattern)) {
		rr_set_error_errno(error, errno, pattern);
		return false;
	}
	p->directory = g_steal_pointer(&pattern);
	p->trace = g_build_filename(p->directory, "self-test.rrt", NULL);
	p->output = g_build_filename(p->directory, "output", NULL);
	p->errors = g_build_filename(p->directory, "errors", NULL);
	return true;
}

static void leave_place(struct place *p)
{
	if (p->directory) {
		rrlog_trace_remove(p->trace);
		g_unlink(p->output);
		g_unlink(p->errors);
		g_rmdir(p->directory);
	}
	g_free(p->rr_kvm);
	g_free(p->rr_tcg);
	g_free(p->guest[0]);
	g_free(p->guest[1]);
	g_free(p->directory);
	g_free(p->trace);
	g_free(p->output);
	g_free(p->errors);
}

/* Let descriptor @fd be the new file @path; returns a copy of the old one. */
static int redirect(int fd, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int old = file < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (old >= 0)
		dup2(file, fd);
	if (file >= 0)
		close(file);
	return old;
}

static void restore(int fd, int old)
{
	if (old < 0)
		return;
	dup2(old, fd);
	close(old);
}

/* Run a program with its output in files; its exit status, -1 and @error. */
static int run(const struct place *p, char *const *argv, bool *signalled,
	       GError **error)
{
	/* A group of its own: Ctrl-C reaches the lab through rr-kvm alone. */
	const struct rr_child_options child = { .own_group = true };
	int old_output, old_errors, status;

	fflush(NULL);
	old_output = redirect(STDOUT_FILENO, p->output);
	old_errors = redirect(STDERR_FILENO, p->errors);
	status = rr_child_run(argv, &child, signalled, error);
	restore(STDOUT_FILENO, old_output);
	restore(STDERR_FILENO, old_errors);
	return status;
}

/* Append what the program printed on stderr, with no path of this host. */
static void keep_lines(GString *report, const struct place *p)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	char **line;

	if (!g_file_get_contents(p->errors, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (line = lines; *line; line++) {
		g_autoptr(GString) clean = g_string_new(*line);

		if (!clean->len)
			continue;
		g_string_replace(clean, p->directory, "DIRECTORY", 0);
		g_string_truncate(clean, MIN(clean->len, LINE_BYTES));
		g_string_append_printf(report, "%s\n", clean->str);
	}
}

static int record(const struct self_test_options *o, const struct place *p,
		  const char *guest, bool *signalled, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	static const char *const vm[] = {
		"--",	       "-machine", "pc",	"-m",	"32",
		"-nodefaults", "-display", "none",	"-vga", "none",
		"-serial",     "stdio",	   "-no-reboot"
	};
	size_t i;

	g_ptr_array_add(argv, p->rr_kvm);
	g_ptr_array_add(argv, (char *)"record");
	g_ptr_array_add(argv, (char *)"--force");
	g_ptr_array_add(argv, (char *)"-o");
	g_ptr_array_add(argv, p->trace);
	if (o->lab)
		g_ptr_array_add(argv,
				(char *)(o->lab == LAB_INTEL ? "--lab=intel" :
							       "--lab"));
	else
		g_ptr_array_add(argv, (char *)"--no-check");
	if (o->silicon) {
		g_ptr_array_add(argv, (char *)"--silicon");
		g_ptr_array_add(argv, (char *)o->silicon);
	}
	for (i = 0; i < G_N_ELEMENTS(vm); i++)
		g_ptr_array_add(argv, (char *)vm[i]);
	g_ptr_array_add(argv, (char *)"-kernel");
	g_ptr_array_add(argv, (char *)guest);
	g_ptr_array_add(argv, (char *)"-append");
	g_ptr_array_add(argv,
			(char *)(o->lab ? ROUNDS_IN_LAB : ROUNDS_ON_HOST));
	g_ptr_array_add(argv, NULL);
	return run(p, (char *const *)argv->pdata, signalled, error);
}

static int replay(const struct place *p, bool *signalled, GError **error)
{
	char *const argv[] = { p->rr_tcg, (char *)"replay", (char *)"--trace",
			       p->trace, NULL };

	return run(p, argv, signalled, error);
}

/* Did the guest come to its end, with nothing but its own lines? */
static bool guest_is_done(const struct place *p)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(p->output, &text, NULL, NULL) &&
	       strstr(text, "self-test: done");
}

static double seconds_since(gint64 start_us)
{
	return (double)(g_get_monotonic_time() - start_us) / G_USEC_PER_SEC;
}

/* One recording and its replay.  False: @error, or a signal. */
static bool run_one(const struct self_test_options *o, const struct place *p,
		    struct self_test_recording *r, struct self_test *t,
		    GError **error)
{
	g_autoptr(GString) report = g_string_new(NULL);
	gint64 start_us = g_get_monotonic_time();

	r->replay_status = -1;
	r->record_status =
		record(o, p, p->guest[r->bits == 32], &t->interrupted, error);
	r->record_seconds = seconds_since(start_us);
	keep_lines(report, p);
	if (!r->record_status && !guest_is_done(p)) {
		g_string_append(report, "the guest did not come to its end\n");
		r->record_status = RR_EXIT_FAILURE;
	}
	if (!r->record_status && !t->interrupted) {
		start_us = g_get_monotonic_time();
		r->replay_status = replay(p, &t->interrupted, error);
		r->replay_seconds = seconds_since(start_us);
		keep_lines(report, p);
	}
	r->report = g_string_free(g_steal_pointer(&report), FALSE);
	return !*error && !t->interrupted;
}

static void print_recording(int number, int count,
			    const struct self_test_recording *r)
{
	printf("recording %d of %d, %d bits: ", number, count, r->bits);
	if (r->record_status)
		printf("FAILED with status %d\n", r->record_status);
	else if (r->replay_status)
		printf("recorded in %.1f s, the replay %s (status %d)\n",
		       r->record_seconds,
		       r->replay_status == RR_EXIT_DIVERGED ? "DIVERGED" :
							      "FAILED",
		       r->replay_status);
	else
		printf("recorded in %.1f s, replayed in %.1f s\n",
		       r->record_seconds, r->replay_seconds);
	fflush(stdout);
}

bool self_test_run(const struct self_test_options *o, bool quiet,
		   struct self_test *t, GError **error)
{
	GError *local = NULL;
	struct place p = { 0 };
	bool good = find_place(&p, &local);

	*t = (struct self_test){ 0 };
	t->recordings = g_new0(struct self_test_recording, o->count);
	while (good && t->count < o->count) {
		struct self_test_recording *r = &t->recordings[t->count++];

		/* A 32-bit guest has other instructions: each third. */
		r->bits = t->count % 3 ? 64 : 32;
		if (!quiet && isatty(STDOUT_FILENO)) {
			printf("recording %d of %d ...\r", t->count, o->count);
			fflush(stdout);
		}
		good = run_one(o, &p, r, t, &local);
		if (!quiet && !local)
			print_recording(t->count, o->count, r);
	}
	leave_place(&p);
	if (!local)
		return true;
	g_propagate_error(error, local);
	return false;
}

bool self_test_passed(const struct self_test *t)
{
	int i;

	for (i = 0; i < t->count; i++)
		if (t->recordings[i].record_status ||
		    t->recordings[i].replay_status)
			return false;
	return t->count && !t->interrupted;
}

int self_test_status(const struct self_test *t)
{
	int i;

	if (self_test_passed(t))
		return RR_EXIT_OK;
	for (i = 0; i < t->count; i++)
		if (t->recordings[i].replay_status == RR_EXIT_DIVERGED)
			return RR_EXIT_DIVERGED;
	return RR_EXIT_FAILURE;
}

void self_test_clear(struct self_test *t)
{
	int i;

	for (i = 0; i < t->count; i++)
		g_free(t->recordings[i].report);
	g_free(t->recordings);
	*t = (struct self_test){ 0 };
}
