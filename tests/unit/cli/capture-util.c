/*
 * Runs a function in a child; see capture-util.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/unit/cli/capture-util.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char *contents(FILE *f)
{
	long bytes;
	char *text;

	fseek(f, 0, SEEK_END);
	bytes = ftell(f);
	rewind(f);
	text = g_malloc0((gsize)bytes + 1);
	if (fread(text, 1, (size_t)bytes, f) != (size_t)bytes)
		text[0] = '\0';
	fclose(f);
	return text;
}

struct capture capture(int (*function)(void *opaque), void *opaque)
{
	FILE *out = tmpfile(), *err = tmpfile();
	struct capture c = { .status = -1 };
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(fileno(out), 1);
		dup2(fileno(err), 2);
		status = function(opaque);
		fflush(NULL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status))
		c.status = WEXITSTATUS(status);
	c.out = contents(out);
	c.err = contents(err);
	return c;
}

void capture_clear(struct capture *c)
{
	g_free(c->out);
	g_free(c->err);
}
