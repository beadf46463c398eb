// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count [-x] COMMAND...: run it and say on stderr, a line "count NAME VALUE"
 * each, what it and its children cost: conditional branches retired by guests
 * and by the host for them, wall-clock and processor time, peak memory.  -x
 * counts KVM's exits by kind instead, for tracing costs host branches.  What
 * this host cannot count is left out.
 *
 * The event is AMD's 0xd1, retired conditional branches, which the lab has.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BRANCHES 0xd1
#define EVENTS "/sys/kernel/tracing/events/kvm/"

struct counter {
	const char *name, *event, *filter;
	int fd;
};

static struct counter branches[] = {
	{ .name = "guest-branches" },
	{ .name = "host-branches" },
};

static struct counter exits[] = {
	{ "exits", "kvm_exit", NULL, -1 },
	{ "exits-io", "kvm_exit", "exit_reason == 0x7b", -1 },
	{ "exits-nested-page", "kvm_exit", "exit_reason == 0x400", -1 },
	{ "exits-interrupt", "kvm_exit", "exit_reason == 0x60", -1 },
	{ "exits-nmi", "kvm_exit", "exit_reason == 0x61", -1 },
	{ "exits-irq-window", "kvm_exit", "exit_reason == 0x64", -1 },
	{ "exits-halt", "kvm_exit", "exit_reason == 0x78", -1 },
	{ "exits-tsc", "kvm_exit",
	  "exit_reason == 0x6e || exit_reason == 0x87", -1 },
	{ "exits-cpuid", "kvm_exit", "exit_reason == 0x72", -1 },
	{ "exits-msr", "kvm_exit", "exit_reason == 0x7c", -1 },
	{ "user-exits", "kvm_userspace_exit", NULL, -1 },
	{ "user-exits-io", "kvm_userspace_exit", "reason == 2", -1 },
	{ "user-exits-mmio", "kvm_userspace_exit", "reason == 6", -1 },
};

static void usage(void)
{
	fputs("Usage: count [-x] COMMAND [ARGUMENT]...\n", stderr);
	exit(1);
}

static int perf_open(struct perf_event_attr *attr, pid_t pid)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	attr->enable_on_exec = 1;
	attr->inherit = 1;
	return (int)syscall(SYS_perf_event_open, attr, pid, -1, -1, 0);
}

static int open_branches(bool guest, pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.config = BRANCHES,
		.exclude_host = guest,
		.exclude_guest = !guest,
	};

	return perf_open(&attr, pid);
}

static int open_trace(const struct counter *c, pid_t pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT };
	unsigned long long id;
	char path[128];
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), EVENTS "%s/id", c->event);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%llu", &id) != 1) {
		fclose(f);
		return -1;
	}
	fclose(f);
	attr.config = id;
	fd = perf_open(&attr, pid);
	if (fd >= 0 && c->filter &&
	    ioctl(fd, PERF_EVENT_IOC_SET_FILTER, c->filter)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void report(const struct counter *list, size_t n)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].fd < 0)
			continue;
		if (read(list[i].fd, &value, sizeof(value)) == sizeof(value))
			fprintf(stderr, "count %s %llu\n", list[i].name,
				(unsigned long long)value);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	bool by_kind = argc > 1 && !strcmp(argv[1], "-x");
	size_t i, n_exits = sizeof(exits) / sizeof(exits[0]);
	struct rusage usage_of;
	int go[2], status;
	double start;
	pid_t pid;
	char c = 0;

	argv += 1 + by_kind;
	if (!*argv || **argv == '-')
		usage();
	if (pipe2(go, O_CLOEXEC))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid) {
		if (read(go[0], &c, 1) == 1)
			execvp(*argv, argv);
		fprintf(stderr, "count: cannot run %s: %s\n", *argv,
			strerror(errno));
		_exit(127);
	}
	if (by_kind) {
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
		for (i = 0; i < n_exits; i++)
			exits[i].fd = open_trace(&exits[i], pid);
	} else {
		branches[0].fd = open_branches(true, pid);
		branches[1].fd = open_branches(false, pid);
	}
	start = now();
	if (write(go[1], &c, 1) != 1 || wait4(pid, &status, 0, &usage_of) < 0)
		return 1;
	fprintf(stderr, "count wall-seconds %.3f\n", now() - start);
	fprintf(stderr, "count cpu-seconds %.3f\n",
		seconds(usage_of.ru_utime) + seconds(usage_of.ru_stime));
	fprintf(stderr, "count peak-kib %ld\n", usage_of.ru_maxrss);
	if (by_kind)
		report(exits, n_exits);
	else
		report(branches, 2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
