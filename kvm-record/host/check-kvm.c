/*
 * Checks of KVM: what it can do, and the project's patch.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel-patch/include/kvm_x86_record.h"
#include "kvm-record/host/check-internal.h"
#include "kvm-record/host/tiny-guest.h"

#define SHORT_LOOP 1000 /* branches, where the count does not matter */

void host_check_device(struct host_check_result *r, int tries)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const char *remedy = "join the group kvm (adduser $USER kvm)";

	(void)tries;
	if (fd >= 0) {
		host_check_set(r, HOST_CHECK_OK, NULL, "/dev/kvm opens");
		close(fd);
		return;
	}
	if (errno != EACCES && errno != EPERM)
		remedy = "load kvm-intel or kvm-amd, and turn virtualization "
			 "on in the firmware, " CHECK_LAB;
	host_check_set(r, HOST_CHECK_FAIL, remedy, "/dev/kvm: %s",
		       strerror(errno));
}

void host_check_api(struct host_check_result *r, int tries)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int version = ioctl(fd, KVM_GET_API_VERSION, 0);

	(void)tries;
	close(fd);
	if (version == KVM_API_VERSION)
		host_check_set(r, HOST_CHECK_OK, NULL, "KVM API version %d",
			       version);
	else
		host_check_set(r, HOST_CHECK_FAIL, CHECK_BAD_KVM,
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

void host_check_capabilities(struct host_check_result *r, int tries)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	char missing[300] = "";
	size_t i, n = sizeof(capabilities) / sizeof(capabilities[0]);

	(void)tries;
	for (i = 0; i < n; i++) {
		size_t used = strlen(missing);

		if (ioctl(fd, KVM_CHECK_EXTENSION, capabilities[i].cap) > 0)
			continue;
		snprintf(missing + used, sizeof(missing) - used, " %s",
			 capabilities[i].name);
	}
	close(fd);
	if (emulates_real_mode())
		host_check_set(r, HOST_CHECK_FAIL,
			       "modprobe kvm_intel ept=1 "
			       "unrestricted_guest=1 (not on processors before "
			       "Westmere), " CHECK_LAB,
			       "kvm_intel emulates real mode: its "
			       "branches cannot be counted");
	else if (missing[0])
		host_check_set(r, HOST_CHECK_FAIL,
			       "boot Linux 5.10 or later, " CHECK_LAB,
			       "KVM lacks%s", missing);
	else
		host_check_set(r, HOST_CHECK_OK, NULL,
			       "all %zu KVM capabilities that "
			       "recording needs",
			       n);
}

void host_check_rings(struct host_check_result *r, int tries)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	(void)tries;
	if (tiny_guest_open(&g, false, SHORT_LOOP, &error) &&
	    tiny_guest_run_to(&g, TINY_RING0, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error))
		host_check_set(r, HOST_CHECK_OK, NULL,
			       "a 64-bit guest runs in rings "
			       "0 and 3");
	else
		host_check_set(r, HOST_CHECK_FAIL, CHECK_BAD_KVM,
			       "a tiny guest does not run: %s", error->message);
	tiny_guest_close(&g);
}

void host_check_irqchip(struct host_check_result *r, int tries)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	(void)tries;
	if (tiny_guest_open(&g, false, SHORT_LOOP, &error) &&
	    tiny_guest_run_to(&g, TINY_RING0, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error) &&
	    tiny_guest_interrupt(&g, &error) &&
	    tiny_guest_run_to(&g, TINY_INTERRUPT, &error) &&
	    tiny_guest_run_to(&g, TINY_RING3, &error))
		host_check_set(r, HOST_CHECK_OK, NULL,
			       "an interrupt from user space "
			       "arrives (kernel_irqchip=off)");
	else
		host_check_set(
			r, HOST_CHECK_FAIL, CHECK_BAD_KVM,
			"no interrupts without an interrupt controller in the "
			"kernel: %s",
			error->message);
	tiny_guest_close(&g);
}

static const char load_patch[] =
	"load the kvm modules that kernel-patch/ builds, " CHECK_LAB;

static void try_patch(struct host_check_result *r, int flags)
{
	g_autoptr(GError) error = NULL;
	struct tiny_guest g;

	if (tiny_guest_open(&g, true, SHORT_LOOP, &error) &&
	    tiny_guest_rdtsc_exits(&g, &error))
		host_check_set(
			r, HOST_CHECK_OK, NULL,
			"KVM_CAP_X86_RECORD, version %d: RDTSC exits to user "
			"space; clocks: exit%s%s",
			KVM_X86_RECORD_VERSION,
			flags & KVM_X86_RECORD_RING ? ", ring" : "",
			flags & KVM_X86_RECORD_EPOCH ? ", epoch" : "");
	else
		host_check_set(r, HOST_CHECK_FAIL, load_patch,
			       "KVM_CAP_X86_RECORD does not work: %s",
			       error->message);
	tiny_guest_close(&g);
}

void host_check_patch(struct host_check_result *r, int tries)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int has = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_RECORD);
	int version = has & ((1 << KVM_X86_RECORD_FLAGS_SHIFT) - 1);

	(void)tries;
	close(fd);
	if (has <= 0)
		host_check_set(r, HOST_CHECK_FAIL, load_patch,
			       "KVM lacks KVM_CAP_X86_RECORD: its patch is not "
			       "loaded");
	else if (version != KVM_X86_RECORD_VERSION)
		host_check_set(
			r, HOST_CHECK_FAIL, load_patch,
			"the loaded KVM modules implement version %d of "
			"KVM_CAP_X86_RECORD, but this rr-kvm needs version %d",
			version, KVM_X86_RECORD_VERSION);
	else
		try_patch(r, has >> KVM_X86_RECORD_FLAGS_SHIFT);
}
