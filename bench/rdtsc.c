// SPDX-License-Identifier: GPL-2.0
/*
 * Count what a guest's RDTSC costs in KVM alone, for each way of
 * KVM_CAP_X86_RECORD: host branches (AMD's event 0xd1, which the lab has).  User
 * space does nothing with the values.
 */
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "tests/kvm/ways.h"

#define READS 50000
#define SLOTS 65536
#define LOOP       \
	"\x0f\x31" \
	"\x01\xc3" \
	"\xe2\xfa" /* 1: rdtsc; add; loop 1b */

static uint64_t count(int fd)
{
	uint64_t value = 0;

	if (read(fd, &value, sizeof(value)) != sizeof(value))
		die("read of the counter");
	return value;
}

int main(void)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_RAW,
		.config = 0x5100d1,
		.exclude_guest = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	unsigned int i;

	if (fd < 0)
		die("perf_event_open");
	for (i = 0; i < WAYS; i++) {
		uint64_t before;
		struct vm v;

		vm_open(&v, ways[i].flags | VM_NO_PMU, SLOTS, 100000);
		load(&v, PROTECTED, 0, 0, LOOP, sizeof(LOOP) - 1, READS);
		before = count(fd);
		while (!at_end(&v, run(&v)))
			;
		printf("%-7s %8.1f host branches each\n", ways[i].name,
		       (double)(count(fd) - before) / READS);
		vm_close(&v);
	}
	return 0;
}
