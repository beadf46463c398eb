/*
 * Interrupts and NMIs that KVM has and the guest has not seen yet: where their
 * records stand, and what a reset makes of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: kvm-record/qemu/events.c kvm-record/qemu/state.c */
#include "kvm-record/qemu/recorder.h"
#include <linux/kvm.h>
#include "kernel-patch/include/kvm_x86_record.h"
#include "system/reset.h"
#include "tests/tap.h"

/* ---- stand-ins ---- */

static struct rr_recorder recorder = { .life = RR_LIFE_RECORDING };
static X86CPU *processor;
static struct kvm_run kvm_run;
static struct kvm_vcpu_events in_kvm;
static uint64_t branches; /* of the boundary where the guest is */
static unsigned int records, looks;
static struct rrlog_record last;
static QEMUResetHandler *reset;
static void *reset_opaque;

bool bql_locked(void)
{
	return true;
}

struct rr_vcpu *rr_vcpu_of(const CPUState *cpu)
{
	return &recorder.vcpus[0];
}

int kvm_vcpu_ioctl(CPUState *cpu, unsigned long type, ...)
{
	struct kvm_vcpu_events *events;
	va_list ap;

	va_start(ap, type);
	events = va_arg(ap, void *);
	va_end(ap);
	if (type != KVM_GET_VCPU_EVENTS)
		return -EINVAL;
	*events = in_kvm;
	return 0;
}

void rr_recorder_fail(struct rr_recorder *r, const char *fmt, ...)
{
	r->life = RR_LIFE_FAILED;
}

const struct rr_landmark *rr_landmark_now(struct rr_vcpu *v)
{
	v->landmark = (struct rr_landmark){ .branches = branches };
	return &v->landmark;
}

void rr_log_loop(struct rr_vcpu *v)
{
}

bool rr_log_at_landmark(struct rr_recorder *r, struct rrlog_record *rec,
			const struct rr_landmark *lm)
{
	last = *rec;
	last.landmark = *lm;
	records++;
	return true;
}

bool rr_log_here(struct rr_vcpu *v, struct rrlog_record *rec)
{
	return true;
}

void rr_kvm_cap_flush_tlb(struct rr_vcpu *v)
{
}

void rr_timer_call_out(struct rr_timer *t, int64_t ns)
{
	looks++;
}

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
	reset = func;
	reset_opaque = opaque;
}

/* ---- the tests ---- */

static struct rr_vcpu *vcpu(void)
{
	return &recorder.vcpus[0];
}

static CPUX86State *env(void)
{
	return &processor->env;
}

/* A guest at @at, which has nothing pending. */
static void begin(uint64_t at)
{
	struct rr_vcpu *v = vcpu();

	recorder.life = RR_LIFE_RECORDING;
	*v = (struct rr_vcpu){ .recorder = &recorder,
			       .cpu = CPU(processor),
			       .state = RR_VCPU_BOUNDARY };
	v->cpu->kvm_run = &kvm_run;
	v->cpu->interrupt_request = 0;
	env()->interrupt_injected = -1;
	env()->nmi_injected = env()->nmi_pending = 0;
	memset(&in_kvm, 0, sizeof(in_kvm));
	kvm_run.immediate_exit = 0;
	branches = at;
	records = looks = 0;
}

/* KVM_RUN returns @ret with the guest at @at; KVM has or has not an interrupt. */
static void runs(int ret, uint64_t at, bool injected)
{
	in_kvm.interrupt.injected = injected;
	branches = at;
	kvm_run.exit_reason = KVM_EXIT_IO;
	rr_log_pending(vcpu(), ret);
}

static bool logged(unsigned int count, unsigned int type, uint64_t at)
{
	return records == count && last.type == type &&
	       last.landmark.branches == at;
}

static void test_delivery(void)
{
	begin(100);
	rr_record_interrupt(CPU(processor), 0x41);
	ksft_ok(!records && !rr_record_may_interrupt(CPU(processor)),
		"an interrupt is not logged before KVM has delivered it");
	runs(-EINTR, 100, true);
	ksft_ok(!records, "nor where KVM_RUN returns with it");
	runs(0, 200, false);
	ksft_ok(logged(1, RRLOG_INTERRUPT, 100) &&
			last.interrupt.vector == 0x41,
		"delivered: with the landmark where KVM got it");
	runs(0, 300, false);
	ksft_ok(records == 1 && rr_record_may_interrupt(CPU(processor)),
		"and once");
}

/* QEMU has written registers, the guest is at @at now. */
static void moves(uint64_t at, int injected)
{
	env()->interrupt_injected = injected;
	vcpu()->landmark = (struct rr_landmark){ .branches = at };
	rr_pending_moved(vcpu());
}

static void test_reset(void)
{
	begin(100);
	rr_record_interrupt(CPU(processor), 0x41);
	runs(-EINTR, 100, true);
	moves(0, -1);
	runs(0, 50, false);
	ksft_ok(!records,
		"a reset drops an interrupt that was not delivered: no record");

	begin(100);
	rr_record_interrupt(CPU(processor), 0x41);
	runs(-EINTR, 100, true);
	moves(7, 0x41);
	runs(0, 50, false);
	ksft_ok(logged(1, RRLOG_INTERRUPT, 7),
		"a debugger moves the guest: delivered where it is now");

	begin(100);
	ksft_ok(rr_record_nmi(CPU(processor)), "an NMI that the guest takes");
	moves(0, -1);
	runs(0, 50, false);
	ksft_ok(!records, "a reset drops it, too");
}

static void test_held(void)
{
	begin(100);
	rr_events_init(vcpu());
	in_kvm.nmi.masked = 1;
	ksft_ok(!rr_record_nmi(CPU(processor)) && vcpu()->nmi_held &&
			kvm_run.immediate_exit,
		"a blocked NMI is held");
	rr_nmi_release(vcpu());
	ksft_ok(looks == 1 && vcpu()->nmi_held &&
			!(CPU(processor)->interrupt_request &
			  CPU_INTERRUPT_NMI),
		"and looked at again");
	in_kvm.nmi.masked = 0;
	rr_nmi_release(vcpu());
	ksft_ok(!vcpu()->nmi_held &&
			(CPU(processor)->interrupt_request & CPU_INTERRUPT_NMI),
		"and raised when the guest can take it");

	begin(100);
	in_kvm.interrupt.shadow = 1;
	rr_record_nmi(CPU(processor));
	reset(reset_opaque);
	ksft_ok(!vcpu()->nmi_held, "a reset drops an NMI that is held");
}

int main(void)
{
	processor = g_malloc0(sizeof(*processor));
	ksft_plan(12);
	test_delivery();
	test_reset();
	test_held();
	g_free(processor);
	return ksft_end();
}
