/*
 * The recordings in progress; see session.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli/message.h"
#include "kvm-record/session.h"

/* In the file, after the process id. */
#define STOPPING "stopping\n"

struct session {
	char *path;
	int fd;
};

/* The trace may not exist yet, but the directory that it will be in does. */
static char *real_path(const char *trace)
{
	g_autofree char *absolute = g_canonicalize_filename(trace, NULL);
	g_autofree char *parent = g_path_get_dirname(absolute);
	g_autofree char *name = g_path_get_basename(absolute);
	char *real = realpath(parent, NULL);
	char *path = g_build_filename(real ? real : parent, name, NULL);

	free(real);
	return path;
}

static char *session_path(const char *trace)
{
	g_autofree char *real = real_path(trace);
	g_autofree char *dir = g_path_get_dirname(real);
	g_autofree char *name = g_path_get_basename(real);
	g_autofree char *file = g_strconcat(".", name, ".recording", NULL);

	return g_build_filename(dir, file, NULL);
}

/* Lock the file; fail if another has the lock, or the file has been removed. */
static bool lock(int fd, const char *path)
{
	struct stat a, b;

	return !flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &a) &&
	       !stat(path, &b) && a.st_ino == b.st_ino;
}

struct session *session_begin(const char *trace, GError **error)
{
	g_autofree char *path = session_path(trace);
	struct session *s;
	int fd;

	/*
	 * Not O_CLOEXEC: the child has the lock too, so that a recorder which
	 * outlives this process keeps it.
	 */
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
	if (fd < 0) {
		rr_set_error(error, "cannot make %s: %s", path,
			     g_strerror(errno));
		return NULL;
	}
	if (!lock(fd, path)) {
		rr_set_error(error, "%s is being recorded already", trace);
		close(fd);
		return NULL;
	}
	if (ftruncate(fd, 0) || dprintf(fd, "%d\n", (int)getpid()) < 0) {
		rr_set_error(error, "cannot write to %s: %s", path,
			     g_strerror(errno));
		close(fd);
		return NULL;
	}
	s = g_new0(struct session, 1);
	s->path = g_steal_pointer(&path);
	s->fd = fd;
	return s;
}

void session_end(struct session *s)
{
	if (!s)
		return;
	unlink(s->path);
	close(s->fd);
	g_free(s->path);
	g_free(s);
}

bool session_find(const char *trace, struct session_state *state)
{
	g_autofree char *path = session_path(trace);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[32] = "";
	bool found;

	*state = (struct session_state){ 0 };
	if (fd < 0)
		return false;
	found = !lock(fd, path);
	if (!found) {
		unlink(path); /* its recorder is gone */
	} else if (read(fd, text, sizeof(text) - 1) > 0) {
		state->pid = (pid_t)strtol(text, NULL, 10);
		state->stopping = strstr(text, STOPPING);
	}
	close(fd);
	return found;
}

void session_mark_stopping(const char *trace)
{
	g_autofree char *path = session_path(trace);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	/* Without the mark a second stop sends a second signal. */
	if (write(fd, STOPPING, strlen(STOPPING)) < 0)
		rr_message("%s: %s", path, g_strerror(errno));
	close(fd);
}
