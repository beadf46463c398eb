/*
 * The program rr-log: output, exit statuses, one line of reason.  The program
 * is the one argument, or $RR_LOG, or build/bin/rr-log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace-util.h"

#include <sys/wait.h>

#define SEED 5
#define RECORDS 1000

static char dir[256], trace[300];
static const char *program;

struct outcome {
	int status;
	char out[4096]; /* the first of stdout */
	unsigned int out_lines, err_lines;
	char err[512];
};

static unsigned int read_text(const char *name, char *text, size_t size)
{
	struct file_copy f = load_file(dir, name);
	size_t kept = f.size < size - 1 ? f.size : size - 1;
	unsigned int lines = 0;
	size_t i;

	for (i = 0; i < f.size; i++)
		lines += f.bytes[i] == '\n';
	memcpy(text, f.bytes, kept);
	text[kept] = 0;
	free(f.bytes);
	return lines;
}

static struct outcome run(const char *arguments)
{
	struct outcome o = { 0 };
	char command[2048];

	snprintf(command, sizeof(command), "'%s' %s >'%s/out' 2>'%s/err'",
		 program, arguments, dir, dir);
	o.status = system(command);
	o.status = WIFEXITED(o.status) ? WEXITSTATUS(o.status) : -1;
	o.out_lines = read_text("out", o.out, sizeof(o.out));
	o.err_lines = read_text("err", o.err, sizeof(o.err));
	return o;
}

static struct outcome run_on_trace(const char *arguments)
{
	char with_trace[1024];

	snprintf(with_trace, sizeof(with_trace), "%s '%s'", arguments, trace);
	return run(with_trace);
}

static void make_trace(bool complete)
{
	struct rrlog_writer *w = create_trace(trace, NULL, 20);
	int err = rrlog_writer_manifest_set(w, "evil", "a\033[2Jb");

	if (!err)
		err = rrlog_writer_start(w);
	if (!err)
		err = append_records(w, SEED, RECORDS);
	if (rrlog_writer_close(w, complete) || err)
		ksft_bail_out("cannot write %s", trace);
}

static void check_wrong_use(const char *arguments)
{
	struct outcome o = run(arguments);

	ksft_ok(o.status == 1 && o.err_lines == 1 && !o.out_lines,
		"wrong use \"%s\": %d: %s", arguments, o.status,
		strtok(o.err, "\n"));
}

static void test_commands(void)
{
	struct outcome o;

	make_trace(true);
	o = run_on_trace("info");
	ksft_ok(!o.status && strstr(o.out, "state: complete, 1000 records\n") &&
			strstr(o.out, "block 3: pc.ram, 81920 bytes\n") &&
			strstr(o.out, "evil: a\\u{1b}[2Jb\n"),
		"info");
	o = run_on_trace("info --json");
	ksft_ok(!o.status && strstr(o.out, "\"complete\" : true"),
		"info --json");
	o = run_on_trace("verify");
	ksft_ok(!o.status && strstr(o.out, "complete: 1000 records"), "verify");
	o = run_on_trace("stats");
	ksft_ok(!o.status && strstr(o.out, "\nram-digest "), "stats");
	o = run_on_trace("stats --json");
	ksft_ok(!o.status && strstr(o.out, "\"records\" : 1000,"),
		"stats --json");
	o = run_on_trace("dump");
	ksft_ok(!o.status && o.out_lines == RECORDS && o.out[0] == '0', "dump");
	o = run_on_trace("dump --limit 7 --type dma");
	ksft_ok(!o.status && o.out_lines == 7 && strstr(o.out, " dma output="),
		"dump --limit --type");
	o = run_on_trace("dump --skip 998");
	ksft_ok(!o.status && o.out_lines == 2 && !strncmp(o.out, "998 ", 4),
		"dump --skip");
	remove_trace(trace);
}

static void test_incomplete(void)
{
	struct file_copy f;
	struct outcome o;

	make_trace(false);
	f = load_file(trace, "events");
	store_file(trace, "events", f.bytes, f.size - 1);
	free(f.bytes);
	o = run_on_trace("verify");
	ksft_ok(!o.status && strstr(o.out, "incomplete: 0 records") &&
			strstr(o.out, "torn at the end: "),
		"verify of an incomplete trace");
	o = run_on_trace("dump");
	ksft_ok(!o.status && !o.out_lines && o.err_lines == 1,
		"dump of an incomplete trace");
	remove_trace(trace);
}

static void test_damaged(void)
{
	static const char *const names[] = { "manifest", "pages", "events" };
	struct file_copy f;
	struct outcome o;
	unsigned int i;

	make_trace(true);
	for (i = 0; i < 3; i++) {
		f = load_file(trace, names[i]);
		f.bytes[f.size / 2] ^= 4;
		store_file(trace, names[i], f.bytes, f.size);
		o = run_on_trace("verify");
		ksft_ok(o.status == 4 && o.err_lines == 1 &&
				strstr(o.err, names[i]) &&
				strstr(o.err, ": offset "),
			"a flipped bit in %s: %s", names[i],
			strtok(o.err, "\n"));
		f.bytes[f.size / 2] ^= 4;
		store_file(trace, names[i], f.bytes, f.size);
		free(f.bytes);
	}
	remove_trace(trace);
}

int main(int argc, char **argv)
{
	struct outcome o;
	char path[512];

	program = argc > 1 ? argv[1] : getenv("RR_LOG");
	if (!program)
		program = "build/bin/rr-log";
	ksft_plan(8 + 2 + 3 + 7);
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
	test_commands();
	test_incomplete();
	test_damaged();
	check_wrong_use("");
	check_wrong_use("frobnicate");
	check_wrong_use("info");
	check_wrong_use("info a b");
	check_wrong_use("dump --type nonsense x");
	check_wrong_use("verify /nonexistent");
	o = run("--help");
	ksft_ok(!o.status && strstr(o.out, "Exit status") && !o.err_lines,
		"--help");
	snprintf(path, sizeof(path), "%s/out", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/err", dir);
	unlink(path);
	rmdir(dir);
	return ksft_end();
}
