/*
 * Files to remove when a signal ends the program; see leftovers.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/tool/leftovers.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/logfmt/data/images.h"

static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

static const char *const names[] = {
	RRLOG_FILE_MANIFEST, RRLOG_FILE_PAGES, RRLOG_FILE_BLOBS,
	RRLOG_FILE_EVENTS,   RRLOG_FILE_INDEX, RRLOG_FILE_MANIFEST_END
};

/* For the signal handler. */
static const char *left_path;
static int left_dir_fd = -1;

/* The signal handler cannot use printf(). */
static void image_name(unsigned int id, char *name)
{
	unsigned int digits = 1, rest;

	strcpy(name, "image-");
	for (rest = id; rest >= 10; rest /= 10)
		digits++;
	name += strlen(name) + digits;
	for (*name = 0; digits; digits--, id /= 10)
		*--name = (char)('0' + id % 10);
}

bool leftovers_is_known(const char *name)
{
	unsigned int id;
	char image[32];
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	for (id = 0; id < RRLOG_MAX_IMAGES; id++) {
		image_name(id, image);
		if (!strcmp(name, image))
			return true;
	}
	return false;
}

void leftovers_remove_dir(const char *path, int dir_fd)
{
	unsigned int id;
	char image[32];
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(names); i++)
		unlinkat(dir_fd, names[i], 0);
	for (id = 0; id < RRLOG_MAX_IMAGES; id++) {
		image_name(id, image);
		unlinkat(dir_fd, image, 0);
	}
	rmdir(path);
}

/* The signal is raised again when this returns, and ends the program. */
static void on_signal(int number)
{
	if (left_path && left_dir_fd >= 0)
		leftovers_remove_dir(left_path, left_dir_fd);
	else if (left_path)
		unlink(left_path);
	raise(number);
}

static void get_set(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	for (i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaddset(set, signals[i]);
}

void leftovers_hold(bool hold)
{
	sigset_t set;

	get_set(&set);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void leftovers_set(const char *path, int dir_fd)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESETHAND };
	struct sigaction old;
	size_t i;

	get_set(&action.sa_mask);
	left_path = path;
	left_dir_fd = dir_fd;
	for (i = 0; i < G_N_ELEMENTS(signals); i++) {
		/* A signal that the caller ignores (nohup) stays ignored. */
		if (!sigaction(signals[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}
