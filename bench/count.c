// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count -o FILE [-x] [-g] [-s SECONDS] [-f FILE]... COMMAND...: run COMMAND and
 * count what it and its children cost.  At each line "bench: WHAT" that it
 * prints, and at its end, write "mark WHAT" to the file of -o, and then these
 * totals since the start:
 *
 *	guest-branches, host-branches   conditional branches retired, by guests
 *	                                and by the host for them
 *	cpu-ns                          processor time of all its threads, with
 *	                                the guest's.  In the deterministic lab an
 *	                                instruction takes 1 ns, so this is the
 *	                                number of instructions.
 *	wall-ns                         elapsed time
 *	size-1...                       bytes in the files of -f
 *	peak-kib, status                at the end only
 *
 * -x counts the exits of KVM instead (in a separate run, since tracing costs host
 * branches).  It counts those of the thread that QEMU calls "CPU 0/KVM", by
 * reason, by whether the exit reached user space, and by port.  The host branches
 * of an exit are those of that thread between the two entries around it.
 *
 *	exit REASON kernel|user NUMBER HOST-BRANCHES
 *	exit start|called-off kernel ...   before the first entry; at entries that
 *	                                   KVM abandoned
 *	port PORT kernel|user NUMBER HOST-BRANCHES
 *	vcpu-host-branches              their sum
 *
 * -s kills a command that prints nothing for SECONDS; the exit status is 99 then.
 * Counters that this host lacks are left out.  Branches are AMD's event 0xd1
 * (retired conditional branches), which the lab has; with -g the generic event
 * for branches of all kinds, taken or not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENTS "/sys/kernel/tracing/events/kvm/"
#define RING_PAGES 16384 /* 64 MiB; an exit takes 300 bytes */
#define N_REASONS 2048
#define N_PORTS 65536
#define SVM_EXIT_IOIO 0x7b
#define VMX_EXIT_IO 30
#define VMX 2 /* the value of isa in kvm_exit's record */

static FILE *out;
static uint64_t start_ns;

static int perf_open(struct perf_event_attr *attr, pid_t pid, int group)
{
	attr->size = sizeof(*attr);
	return (int)syscall(SYS_perf_event_open, attr, pid, -1, group,
			    PERF_FLAG_FD_CLOEXEC);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- branches and time ---------------------------------------------------- */

static struct {
	const char *name;
	int fd;
} totals[] = { { "guest-branches", -1 },
	       { "host-branches", -1 },
	       { "cpu-ns", -1 } };

static void branch_event(struct perf_event_attr *attr, bool generic)
{
	attr->type = generic ? PERF_TYPE_HARDWARE : PERF_TYPE_RAW;
	attr->config = generic ? PERF_COUNT_HW_BRANCH_INSTRUCTIONS : 0xd1;
}

static void open_totals(pid_t pid, bool generic)
{
	for (int i = 0; i < 3; i++) {
		struct perf_event_attr attr = {
			.disabled = 1,
			.enable_on_exec = 1,
			.inherit = 1,
		};

		if (i == 2) {
			attr.type = PERF_TYPE_SOFTWARE;
			attr.config = PERF_COUNT_SW_TASK_CLOCK;
		} else {
			branch_event(&attr, generic);
			attr.exclude_host = i == 0;
			attr.exclude_guest = i == 1;
		}
		totals[i].fd = perf_open(&attr, pid, -1);
	}
}

/* ---- exits ---------------------------------------------------------------- */

struct cost {
	uint64_t n, branches;
};
static struct cost by_reason[N_REASONS][2], by_port[N_PORTS][2], called_off,
	before_first;
static uint64_t lost, vcpu_branches;

static struct {
	const char *name;
	uint32_t id;
	int fd;
} points[] = { { "kvm_entry", 0, -1 },
	       { "kvm_exit", 0, -1 },
	       { "kvm_userspace_exit", 0, -1 } };
enum { ENTRY, EXIT, USER_EXIT };
static struct perf_event_mmap_page *ring;

/* The kernel's layout of a trace event. */
struct kvm_exit { /* Linux 6.1 */
	uint16_t type;
	uint8_t flags, preempt;
	int32_t pid;
	uint32_t reason;
	uint32_t pad;
	uint64_t rip;
	uint32_t isa;
	uint32_t pad2;
	uint64_t info1, info2;
} __attribute__((packed));

static pid_t vcpu_of(pid_t pid)
{
	char path[320], comm[32];
	struct dirent *e;
	pid_t found = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)pid,
			 e->d_name);
		f = fopen(path, "re");
		if (f && fgets(comm, sizeof(comm), f) &&
		    !strcmp(comm, "CPU 0/KVM\n"))
			found = atoi(e->d_name);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return found;
}

static bool open_exits(pid_t vcpu, bool generic)
{
	struct perf_event_attr attr = {
		.exclude_guest = 1,
		.read_format = PERF_FORMAT_GROUP,
	};
	int leader;

	branch_event(&attr, generic);
	leader = perf_open(&attr, vcpu, -1);
	for (int i = 0; i < 3 && leader >= 0; i++) {
		struct perf_event_attr point = {
			.type = PERF_TYPE_TRACEPOINT,
			.sample_type = PERF_SAMPLE_READ | PERF_SAMPLE_RAW,
			.sample_period = 1,
			.read_format = PERF_FORMAT_GROUP,
			.disabled = 0,
		};
		char path[128];
		FILE *f;

		snprintf(path, sizeof(path), EVENTS "%s/id", points[i].name);
		f = fopen(path, "re");
		if (!f || fscanf(f, "%u", &points[i].id) != 1)
			return false;
		fclose(f);
		point.config = points[i].id;
		points[i].fd = perf_open(&point, vcpu, leader);
		if (points[i].fd < 0)
			return false;
		if (i == 0) {
			ring = mmap(NULL, (RING_PAGES + 1) * 4096UL,
				    PROT_READ | PROT_WRITE, MAP_SHARED,
				    points[0].fd, 0);
			if (ring == MAP_FAILED)
				return false;
		} else if (ioctl(points[i].fd, PERF_EVENT_IOC_SET_OUTPUT,
				 points[0].fd)) {
			return false;
		}
	}
	return leader >= 0;
}

/* The exit being counted.  It ends at the next entry or with the thread. */
static struct {
	bool open, user;
	uint32_t reason, port;
	bool io;
	uint64_t at_entry;
} current;

static void take(uint32_t id, const void *raw, uint64_t branches)
{
	if (id == points[EXIT].id) {
		const struct kvm_exit *x = raw;

		current.open = true;
		current.user = false;
		current.reason = x->reason;
		current.io = x->reason ==
			     (x->isa == VMX ? VMX_EXIT_IO : SVM_EXIT_IOIO);
		current.port = (uint32_t)(x->info1 >> 16) & 0xffff;
	} else if (id == points[USER_EXIT].id) {
		current.user = true;
	} else if (id == points[ENTRY].id) {
		uint64_t d = branches - current.at_entry;

		vcpu_branches = branches;
		current.at_entry = branches;
		if (!current.open) { /* KVM abandoned the entry before this one */
			struct cost *c = before_first.n ? &called_off :
							  &before_first;

			c->n++;
			c->branches += d;
			return;
		}
		current.open = false;
		if (current.reason < N_REASONS) {
			by_reason[current.reason][current.user].n++;
			by_reason[current.reason][current.user].branches += d;
		}
		if (current.io) {
			by_port[current.port][current.user].n++;
			by_port[current.port][current.user].branches += d;
		}
	}
}

static void drain(void)
{
	const char *data;
	uint64_t head, tail, size = RING_PAGES * 4096UL;
	char copy[512];

	if (!ring)
		return;
	data = (char *)ring + 4096;
	head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	for (tail = ring->data_tail; tail < head;) {
		struct perf_event_header h;

		for (size_t i = 0; i < sizeof(h); i++)
			((char *)&h)[i] = data[(tail + i) % size];
		for (size_t i = 0; i < h.size && i < sizeof(copy); i++)
			copy[i] = data[(tail + i) % size];
		if (h.type == PERF_RECORD_LOST) {
			lost++;
		} else if (h.type == PERF_RECORD_SAMPLE) {
			/* READ: count of values, values.  RAW: size, data. */
			uint64_t n, branches;
			uint16_t id;
			const char *p = copy + sizeof(h);

			memcpy(&n, p, 8);
			memcpy(&branches, p + 8, 8);
			p += 8 + n * 8 + 4;
			memcpy(&id, p, 2);
			take(id, p, branches);
		}
		tail += h.size;
	}
	__atomic_store_n(&ring->data_tail, tail, __ATOMIC_RELEASE);
}

static void show(const char *what, const char *format, uint32_t key,
		 const struct cost cost[2])
{
	for (int user = 0; user < 2; user++) {
		if (!cost[user].n)
			continue;
		fprintf(out, "%s ", what);
		fprintf(out, format, key);
		fprintf(out, " %s %llu %llu\n", user ? "user" : "kernel",
			(unsigned long long)cost[user].n,
			(unsigned long long)cost[user].branches);
	}
}

static void show_one(const char *name, const struct cost *c)
{
	fprintf(out, "exit %s kernel %llu %llu\n", name,
		(unsigned long long)c->n, (unsigned long long)c->branches);
}

/* ---- the command ---------------------------------------------------------- */

static const char *files[8];
static int n_files;

static void mark(const char *what, bool exits)
{
	uint64_t at = now(), value;
	struct stat st;

	fprintf(out, "mark %s\n", what);
	if (exits) {
		drain();
		for (uint32_t i = 0; i < N_REASONS; i++)
			show("exit", "%#x", i, by_reason[i]);
		for (uint32_t i = 0; i < N_PORTS; i++)
			show("port", "%#x", i, by_port[i]);
		show_one("start", &before_first);
		show_one("called-off", &called_off);
		fprintf(out, "vcpu-host-branches %llu\nlost %llu\n",
			(unsigned long long)vcpu_branches,
			(unsigned long long)lost);
	}
	for (int i = 0; i < 3; i++)
		if (totals[i].fd >= 0 &&
		    read(totals[i].fd, &value, sizeof(value)) == sizeof(value))
			fprintf(out, "%s %llu\n", totals[i].name,
				(unsigned long long)value);
	fprintf(out, "wall-ns %llu\n", (unsigned long long)(at - start_ns));
	for (int i = 0; i < n_files; i++)
		if (!stat(files[i], &st))
			fprintf(out, "size-%d %lld\n", i + 1,
				(long long)st.st_size);
	fflush(out);
}

/* Pass the command's output on to stdout, and look for marks in whole lines. */
static void heard(const char *data, ssize_t n, bool exits)
{
	static char line[256];
	static size_t have;
	char *p;

	for (ssize_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			if (have < sizeof(line) - 1 && data[i] != '\r')
				line[have++] = data[i];
			continue;
		}
		line[have] = 0;
		have = 0;
		p = strstr(line, "bench: ");
		if (p)
			mark(p + 7, exits);
	}
	if (fwrite(data, 1, (size_t)n, stdout) == (size_t)n)
		fflush(stdout);
}

static void usage(void)
{
	fputs("Usage: count -o FILE [-x] [-g] [-s SECONDS] [-f FILE]... "
	      "COMMAND [ARGUMENT]...\n",
	      stderr);
	exit(1);
}

int main(int argc, char **argv)
{
	bool exits = false, generic = false, attached = false, silent = false;
	uint64_t heard_at, patience = 0;
	struct rusage usage_of;
	int go[2], said[2], status, c;
	char byte = 0, buffer[4096];
	pid_t pid;

	while ((c = getopt(argc, argv, "+o:xgs:f:")) != -1) {
		if (c == 'o')
			out = fopen(optarg, "we");
		else if (c == 'x')
			exits = true;
		else if (c == 'g')
			generic = true;
		else if (c == 's')
			patience = strtoull(optarg, NULL, 10) * 1000000000;
		else if (c == 'f' && n_files < 8)
			files[n_files++] = optarg;
		else
			usage();
	}
	if (!out || optind == argc)
		usage();
	argv += optind;
	if (pipe2(go, O_CLOEXEC) || pipe2(said, O_CLOEXEC))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid) {
		dup2(said[1], 1);
		if (read(go[0], &byte, 1) == 1)
			execvp(*argv, argv);
		fprintf(stderr, "count: cannot run %s: %s\n", *argv,
			strerror(errno));
		_exit(127);
	}
	close(said[1]);
	if (exits)
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	else
		open_totals(pid, generic);
	start_ns = heard_at = now();
	if (write(go[1], &byte, 1) != 1)
		return 1;
	for (;;) {
		struct pollfd p = { .fd = said[0], .events = POLLIN };
		int wait_ms = exits    ? attached ? 20 : 1 :
			      patience ? (int)(patience / 1000000) :
					 -1;
		ssize_t n;

		if (exits && !attached) {
			pid_t vcpu = vcpu_of(pid);

			if (vcpu && !open_exits(vcpu, generic)) {
				fprintf(stderr,
					"count: no tracing of exits: %s\n",
					strerror(errno));
				exits = false;
			}
			attached = vcpu > 0;
		}
		if (poll(&p, 1, wait_ms) <= 0) {
			drain();
			if (patience && now() - heard_at >= patience) {
				silent = true;
				kill(pid, SIGKILL);
				break;
			}
			continue;
		}
		heard_at = now();
		n = read(said[0], buffer, sizeof(buffer));
		if (n <= 0)
			break;
		heard(buffer, n, exits);
	}
	if (wait4(pid, &status, 0, &usage_of) < 0)
		return 1;
	mark("exit", exits);
	status = silent ? 99 : WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	fprintf(out, "peak-kib %ld\nstatus %d\n", usage_of.ru_maxrss, status);
	fclose(out);
	return status;
}
