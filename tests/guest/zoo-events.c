/*
 * What comes from keyboards and pointers, as evdev has it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "zoo.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PATIENCE_MS 60000

/* The device whose name has @part, or -1. */
static int open_device(const char *part)
{
	char path[300], name[100];
	struct dirent *entry;
	DIR *dir = opendir("/dev/input");
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "event", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (ioctl(fd, EVIOCGNAME(sizeof(name)), name) < 0 ||
		    !strstr(name, part)) {
			close(fd);
			fd = -1;
		}
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* Not the repetitions of a key that is held: they are the kernel's own. */
static int is_from_outside(const struct input_event *e)
{
	return (e->type == EV_KEY && e->value != 2) || e->type == EV_REL ||
	       e->type == EV_ABS;
}

int use_events(const char *part)
{
	struct input_event e;
	struct pollfd fd = { .events = POLLIN };

	fd.fd = open_device(part);
	if (fd.fd < 0) {
		printf("no input device is called %s\n", part);
		return 1;
	}
	printf("listening\n");
	fflush(stdout);
	while (poll(&fd, 1, PATIENCE_MS) == 1 &&
	       read(fd.fd, &e, sizeof(e)) == sizeof(e)) {
		if (!is_from_outside(&e))
			continue;
		printf("event %u %u %d\n", e.type, e.code, e.value);
		fflush(stdout);
		if (e.type == EV_KEY &&
		    (e.code == KEY_ESC || e.code == BTN_RIGHT) && !e.value)
			return 0;
	}
	printf("the last event did not come\n");
	return 1;
}
