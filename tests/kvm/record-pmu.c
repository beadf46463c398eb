// SPDX-License-Identifier: GPL-2.0
/*
 * Another program has all counters of the PMU: KVM says that its count of branches is
 * not valid, at first and where the counters are taken away later.
 *
 * "record-pmu COMMAND..." takes all counters and executes the command.
 */
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "tests/kvm/vm.h"

#define RING (KVM_X86_RECORD_ENABLE | KVM_X86_RECORD_RING)
#define SLOTS 256
#define MAX_COUNTERS 64

static struct {
	int fd[MAX_COUNTERS], count;
} taken;

static int open_counter(int cpu)
{
	/* Retired branches, which any processor has; in the lab one of few. */
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = is_intel() ? 0x01c4 : 0xd1,
		.pinned = 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0);
}

/* A pinned event that has no counter can be read, and gives nothing. */
static bool has_counter(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

/* All counters of all processors.  False: there are none that can be taken. */
static bool take_counters(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (long cpu = 0; cpu < cpus; cpu++) {
		int fd;

		while ((fd = open_counter((int)cpu)) >= 0 && has_counter(fd) &&
		       taken.count < MAX_COUNTERS)
			taken.fd[taken.count++] = fd;
		if (fd >= 0)
			close(fd);
	}
	return taken.count > 0;
}

static void give_back(void)
{
	while (taken.count)
		close(taken.fd[--taken.count]);
}

static bool count_branches(struct vm *v)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_RECORD,
		.args = { PERF_TYPE_RAW, is_intel() ? 0x5101c4 : 0x5100d1 },
	};

	return !ioctl(v->vcpu, KVM_ENABLE_CAP, &cap);
}

/* Run a loop of 1000 branches: is the count valid? */
static bool is_counted(struct vm *v)
{
	static const char loop[] = "\xe2\xfe"; /* 1: loop 1b */
	bool valid;

	load(v, LONG, 0, 0, loop, 2, 1000);
	if (!at_end(v, run(v)))
		die("the guest has not ended");
	valid = v->shared->flags & KVM_X86_RECORD_BRANCHES_VALID;
	finish(v);
	return valid;
}

static void test_taken_before(void)
{
	struct vm v;

	vm_open(&v, RING, SLOTS, 0);
	take_counters();
	ksft_ok(taken.count > 0, "all %d counters are taken", taken.count);
	ksft_ok(!count_branches(&v) || !is_counted(&v),
		"then there is no valid count");
	give_back();
	vm_close(&v);
}

static void test_taken_later(void)
{
	struct vm v;
	bool valid = true;

	vm_open(&v, RING, SLOTS, 0);
	ksft_ok(count_branches(&v) && is_counted(&v) &&
			v.shared->branches == 1000,
		"counters that were given back count");
	take_counters();
	for (int i = 0; valid && i < 100; i++) {
		usleep(1000);
		valid = is_counted(&v);
	}
	ksft_ok(!valid, "a counter that is taken away is no longer valid");
	give_back();
	vm_close(&v);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		if (!take_counters())
			die("no counters");
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	need_record();
	ksft_plan(4);
	test_taken_before();
	test_taken_later();
	return ksft_end();
}
