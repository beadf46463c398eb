/*
 * Can this host record?  See check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel-patch/include/kvm_x86_record.h"
#include "kvm-record/host/check.h"
#include "kvm-record/host/hints.h"
#include "kvm-record/host/pmu-event.h"
#include "kvm-record/host/tiny-guest.h"
#include "common/cli/message.h"

#define BRANCHES 20000
#define SHORT_LOOP 1000 /* branches, where the count does not matter */
#define TIMEOUT_SECONDS 10

static int tries;

/* Parts of remedies. */
#define LAB "or record in the lab: rr-kvm record --lab"
#define BAD_KVM                                                       \
	"this KVM cannot run guests as hardware does; use a machine " \
	"with real virtualization, " LAB

static void set_result(struct host_check_result *r,
		       enum host_check_status status, const char *remedy,
		       const char *fmt, ...)
{
	va_list ap;

	r->status = status;
	snprintf(r->remedy, sizeof(r->remedy), "%s", remedy ? remedy : "");
	va_start(ap, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, ap);
	va_end(ap);
}

static void check_device(struct host_check_result *r)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const char *remedy = "join the group kvm (adduser $USER kvm)";

	if (fd >= 0) {
		set_result(r, HOST_CHECK_OK, NULL, "/dev/kvm opens");
		close(fd);
		return;
	}
	if (errno != EACCES && errno != EPERM)
		remedy = "load kvm-intel or kvm-amd, and turn virtualization "
			 "on in the firmware, " LAB;
	set_result(r, HOST_CHECK_FAIL, remedy, "/dev/kvm: %s", strerror(errno));
}

static void check_api(struct host_check_result *r)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int version = ioctl(fd, KVM_GET_API_VERSION, 0);

	close(fd);
	if (version == KVM_API_VERSION)
		set_result(r, HOST_CHECK_OK, NULL, "KVM API version %d",
			   version);
	else
		set_result(r, HOST_CHECK_FAIL, BAD_KVM,
			   "KVM API version %d, not "
			   "%d",
			   version, KVM_API_VERSION);
}

static const struct {
	int cap;
	const char *name;
} capabilities[] = {
#define CAP(x)                  \
	{                       \
		KVM_CAP_##x, #x \
	}
	CAP(USER_MEMORY),
	CAP(SET_TSS_ADDR),
	CAP(EXT_CPUID),
	CAP(MP_STATE),
	CAP(DESTROY_MEMORY_REGION_WORKS),
	CAP(JOIN_MEMORY_REGIONS_WORKS),
	CAP(VCPU_EVENTS),
	CAP(DEBUGREGS),
	CAP(XSAVE),
	CAP(XCRS),
	CAP(SYNC_REGS),
	CAP(IMMEDIATE_EXIT),
	CAP(INTERNAL_ERROR_DATA),
	CAP(X86_USER_SPACE_MSR),
	CAP(X86_MSR_FILTER),
#undef CAP
};

/*
 * Without this parameter (VMX's control "unrestricted guest") KVM emulates real
 * mode in software, and the PMU does not count the branches of that.
 */
static bool emulates_real_mode(void)
{
	char value = 0;
	FILE *f = fopen("/sys/module/kvm_intel/parameters/unrestricted_guest",
			"re");

	if (!f)
		return false;
	if (fread(&value, 1, 1, f) != 1)
		value = 0;
	fclose(f);
	return value == 'N' || value == '0';
}

static void check_capabilities(struct host_check_result *r)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	char missing[300] = "";
	size_t i, n = sizeof(capabilities) / sizeof(capabilities[0]);

	for (i = 0; i < n; i++) {
		size_t used = strlen(missing);

		if (ioctl(fd, KVM_CHECK_EXTENSION, capabilities[i].cap) > 0)
			continue;
		snprintf(missing + used, sizeof(missing) - used, " %s",
			 capabilities[i].name);
	}
	close(fd);
	if (emulates_real_mode())
		set_result(r, HOST_CHECK_FAIL,
			   "modprobe kvm_intel ept=1 "
			   "unrestricted_guest=1 (not on processors before "
			   "Westmere), " LAB,
			   "kvm_intel emulates real mode: its "
			   "branches cannot be counted");
	else if (missing[0])
		set_result(r, HOST_CHECK_FAIL, "boot Linux 5.10 or later, " LAB,
			   "KVM lacks%s", missing);
	else
		set_result(r, HOST_CHECK_OK, NULL,
			   "all %zu KVM capabilities that "
			   "recording needs",
			   n);
}

static void check_rings(struct host_check_result *r)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	if (tiny_guest_open(&g, false, SHORT_LOOP, &error) &&
	    tiny_guest_run_to(&g, TINY_RING0, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error))
		set_result(r, HOST_CHECK_OK, NULL,
			   "a 64-bit guest runs in rings "
			   "0 and 3");
	else
		set_result(r, HOST_CHECK_FAIL, BAD_KVM,
			   "a tiny guest does not run: %s", error->message);
	tiny_guest_close(&g);
}

static void check_irqchip(struct host_check_result *r)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	if (tiny_guest_open(&g, false, SHORT_LOOP, &error) &&
	    tiny_guest_run_to(&g, TINY_RING0, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error) &&
	    tiny_guest_interrupt(&g, &error) &&
	    tiny_guest_run_to(&g, TINY_INTERRUPT, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error))
		set_result(r, HOST_CHECK_OK, NULL,
			   "an interrupt from user space "
			   "arrives (kernel_irqchip=off)");
	else
		set_result(
			r, HOST_CHECK_FAIL, BAD_KVM,
			"no interrupts without an interrupt controller in the "
			"kernel: %s",
			error->message);
	tiny_guest_close(&g);
}

static const char load_patch[] =
	"load the kvm modules that kernel-patch/ builds, " LAB;

static void try_patch(struct host_check_result *r, int flags)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	if (tiny_guest_open(&g, true, SHORT_LOOP, &error) &&
	    tiny_guest_rdtsc_exits(&g, &error))
		set_result(
			r, HOST_CHECK_OK, NULL,
			"KVM_CAP_X86_RECORD, version %d: RDTSC exits to user "
			"space; clocks: exit%s%s",
			KVM_X86_RECORD_VERSION,
			flags & KVM_X86_RECORD_RING ? ", ring" : "",
			flags & KVM_X86_RECORD_EPOCH ? ", epoch" : "");
	else
		set_result(r, HOST_CHECK_FAIL, load_patch,
			   "KVM_CAP_X86_RECORD does not work: %s",
			   error->message);
	tiny_guest_close(&g);
}

static void check_patch(struct host_check_result *r)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int has = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD);
	int version = has & ((1 << KVM_X86_RECORD_FLAGS_SHIFT) - 1);

	close(fd);
	if (has <= 0)
		set_result(r, HOST_CHECK_FAIL, load_patch,
			   "KVM lacks KVM_CAP_X86_RECORD: its patch is not "
			   "loaded");
	else if (version != KVM_X86_RECORD_VERSION)
		set_result(
			r, HOST_CHECK_FAIL, load_patch,
			"the loaded KVM modules implement version %d of "
			"KVM_CAP_X86_RECORD, but this rr-kvm needs version %d",
			version, KVM_X86_RECORD_VERSION);
	else
		try_patch(r, has >> KVM_X86_RECORD_FLAGS_SHIFT);
}

static const char *pmu_remedy(const GError *error)
{
	if (error->code == EACCES || error->code == EPERM)
		return "sysctl kernel.perf_event_paranoid=1, or run as root";
	return "give the virtual machine a PMU, use a supported processor, " LAB;
}

static void check_pmu_event(struct host_check_result *r)
{
	g_autoptr(GError) error = NULL;
	struct rr_pmu_event e;
	int fd = rr_pmu_event_open(0, &error);

	if (fd < 0 || !rr_pmu_event_find(&e, &error)) {
		set_result(r, HOST_CHECK_FAIL, pmu_remedy(error), "%s",
			   error->message);
		return;
	}
	close(fd);
	set_result(r, HOST_CHECK_OK, NULL,
		   "%s, config 0x%llx, type %u (%s)%s%s", e.name,
		   (unsigned long long)e.config, e.type, e.source,
		   e.cpus[0] ? ", on CPUs " : "", e.cpus);
}

/* Run the loop in ring 3 once; *@delta is how much the counter moved. */
static bool count_once(struct tiny_guest *g, int fd, uint64_t *last,
		       uint64_t *delta, GError **error)
{
	uint64_t now;

	if (!tiny_guest_run_to(g, TINY_RING3, error))
		return false;
	if (read(fd, &now, sizeof(now)) != sizeof(now)) {
		rr_set_error(error, "another user of the PMU took the counter");
		return false;
	}
	*delta = now - *last;
	*last = now;
	return true;
}

struct tally {
	int wrong;
	uint64_t first_error;
};

static bool count_loops(struct tiny_guest *g, int fd, struct tally *tally,
			GError **error)
{
	uint64_t last = 0, delta;
	int i;

	/* The first count includes the loop in ring 0. */
	for (i = 0; i <= tries; i++) {
		uint64_t want = i ? BRANCHES : 2 * BRANCHES;

		if ((!i && !tiny_guest_run_to(g, TINY_RING0, error)) ||
		    !count_once(g, fd, &last, &delta, error))
			return false;
		if (delta != want && !tally->wrong++)
			tally->first_error = delta - want;
	}
	return true;
}

static void report_tally(struct host_check_result *r, const struct tally *tally)
{
	struct rr_host_cpu cpu = rr_host_cpu();
	g_autofree char *remedy = host_inexact_remedy(&cpu);

	if (!tally->wrong)
		set_result(r, HOST_CHECK_OK, NULL,
			   "%d of %d loops of %d branches counted exactly",
			   tries, tries, BRANCHES);
	else
		set_result(
			r, HOST_CHECK_FAIL, remedy,
			"%d of %d loops of %d branches counted wrong (the first "
			"by %+lld)",
			tally->wrong, tries + 1, BRANCHES,
			(long long)tally->first_error);
}

static void check_pmu_exact(struct host_check_result *r)
{
	g_autoptr(GError) error = NULL;
	struct tally tally = { 0 };
	struct tiny_guest g;
	int fd = rr_pmu_event_open(0, &error);

	if (fd < 0)
		set_result(r, HOST_CHECK_FAIL, NULL, "%s", error->message);
	else if (!tiny_guest_open(&g, false, BRANCHES, &error) ||
		 !count_loops(&g, fd, &tally, &error))
		set_result(r, HOST_CHECK_FAIL, BAD_KVM, "%s", error->message);
	else
		report_tally(r, &tally);
}

static void check_processor(struct host_check_result *r)
{
	struct host_facts facts = host_facts_read();
	struct host_hint hint = host_hint(&facts);

	set_result(r, hint.is_warning ? HOST_CHECK_WARN : HOST_CHECK_OK,
		   hint.remedy, "%s", hint.reason);
}

static const struct check {
	const char *name;
	const char *needs[2];
	void (*run)(struct host_check_result *r);
	int seconds;
} checks[] = {
	{ "kvm-device", { NULL }, check_device, TIMEOUT_SECONDS },
	{ "kvm-api", { "kvm-device" }, check_api, TIMEOUT_SECONDS },
	{ "kvm-capabilities",
	  { "kvm-api" },
	  check_capabilities,
	  TIMEOUT_SECONDS },
	{ "guest-rings", { "kvm-api" }, check_rings, TIMEOUT_SECONDS },
	{ "user-irqchip", { "guest-rings" }, check_irqchip, TIMEOUT_SECONDS },
	{ "kvm-patch", { "kvm-api" }, check_patch, TIMEOUT_SECONDS },
	{ "pmu-event", { NULL }, check_pmu_event, TIMEOUT_SECONDS },
	{ "pmu-exact",
	  { "pmu-event", "guest-rings" },
	  check_pmu_exact,
	  6 * TIMEOUT_SECONDS },
	{ "processor", { NULL }, check_processor, TIMEOUT_SECONDS },
};
#define CHECKS ((int)(sizeof(checks) / sizeof(checks[0])))
_Static_assert(CHECKS <= HOST_CHECK_MAX, "results have room");

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool needs_met(const struct check *c, struct host_check_result *all)
{
	struct host_check_result *r = &all[c - checks];
	int n, i;

	for (n = 0; n < 2 && c->needs[n]; n++)
		for (i = 0; i < CHECKS; i++)
			if (!strcmp(checks[i].name, c->needs[n]) &&
			    all[i].status != HOST_CHECK_OK) {
				set_result(r, HOST_CHECK_SKIP, NULL, "needs %s",
					   c->needs[n]);
				return false;
			}
	return true;
}

static void run_child(const struct check *c, struct host_check_result *r,
		      int fd)
{
	c->run(r);
	_exit(write(fd, r, sizeof(*r)) != sizeof(*r));
}

/* In a child: a broken KVM may hang or kill its user. */
static void run_check(const struct check *c, struct host_check_result *r)
{
	int p[2], status = 0;
	struct pollfd poll_in;
	ssize_t n = -1;
	pid_t pid;

	set_result(r, HOST_CHECK_FAIL, BAD_KVM, "took longer than %d s; killed",
		   c->seconds);
	if (pipe2(p, O_CLOEXEC))
		return;
	fflush(NULL);
	pid = fork();
	if (!pid)
		run_child(c, r, p[1]);
	close(p[1]);
	poll_in = (struct pollfd){ .fd = p[0], .events = POLLIN };
	if (pid > 0 && poll(&poll_in, 1, c->seconds * 1000) > 0)
		n = read(p[0], r, sizeof(*r));
	close(p[0]);
	if (pid <= 0)
		return;
	if (n < 0) {
		/* It may hang in the kernel: do not wait for it. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
		return;
	}
	waitpid(pid, &status, 0);
	if (n != sizeof(*r))
		set_result(r, HOST_CHECK_FAIL, BAD_KVM, "ended by signal %d",
			   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int host_check_run(int count_tries, struct host_check_result *results)
{
	int i;

	tries = count_tries;

	for (i = 0; i < CHECKS; i++) {
		double start = now();

		memset(&results[i], 0, sizeof(results[i]));
		results[i].name = checks[i].name;
		if (needs_met(&checks[i], results))
			run_check(&checks[i], &results[i]);
		results[i].seconds = now() - start;
	}
	return CHECKS;
}

bool host_check_passed(const struct host_check_result *results, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (results[i].status == HOST_CHECK_FAIL)
			return false;
	return true;
}
