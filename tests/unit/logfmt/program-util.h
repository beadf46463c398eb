/*
 * Running rr-log, for its tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_PROGRAM_UTIL_H
#define TESTS_PROGRAM_UTIL_H

#include <sys/wait.h>

#include "tests/unit/logfmt/trace-util.h"

static char dir[256], trace[300];
static const char *program;

struct outcome {
	int status;
	char out[65536]; /* the first of stdout */
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

__attribute__((unused)) static struct outcome run(const char *arguments)
{
	struct outcome o = { 0 };
	char command[2048];

	snprintf(command, sizeof(command), "{ '%s' %s; } >'%s/out' 2>'%s/err'",
		 program, arguments, dir, dir);
	o.status = system(command);
	o.status = WIFEXITED(o.status) ? WEXITSTATUS(o.status) : -1;
	o.out_lines = read_text("out", o.out, sizeof(o.out));
	o.err_lines = read_text("err", o.err, sizeof(o.err));
	return o;
}

__attribute__((unused)) static struct outcome
run_on_trace(const char *arguments)
{
	char with_trace[1024];

	snprintf(with_trace, sizeof(with_trace), "%s '%s'", arguments, trace);
	return run(with_trace);
}

/** The program to test: the one argument, $RR_LOG or build/bin/rr-log. */
__attribute__((unused)) static void setup_program(int argc, char **argv)
{
	program = argc > 1 ? argv[1] : getenv("RR_LOG");
	if (!program)
		program = "build/bin/rr-log";
	make_temp_dir(dir, sizeof(dir));
	snprintf(trace, sizeof(trace), "%s/t.rrt", dir);
}

__attribute__((unused)) static void clean_up(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/out", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/err", dir);
	unlink(path);
	rmdir(dir);
}

#endif
