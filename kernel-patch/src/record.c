// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_X86_RECORD reports to user space the result of each instruction whose
 * result does not follow from the guest's own state.  User space can then
 * record the guest and replay it.  The interface is described in
 * Documentation/virt/kvm/x86/record.rst.
 *
 * Vendor code intercepts the instructions and calls kvm_handle_record_insn().
 * From there an instruction takes one of three ways:
 *
 *   exit   KVM_RUN returns with the result; the next KVM_RUN completes the
 *          instruction: kvm_record_exit(), kvm_record_complete().
 *   ring   KVM appends the result to the vCPU's ring and completes the
 *          instruction: kvm_record_to_ring().
 *   epoch  KVM moves the guest's clock on, appends the step to the ring, and
 *          lets the hardware answer until the next step is due:
 *          kvm_record_read_clock().
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kvm_host.h>
#include <linux/perf_event.h>
#include <linux/vmalloc.h>

#include <asm/archrandom.h>

#include "x86.h"
#include "cpuid.h"
#include "mmu.h"
#include "pmu.h"
#include "record.h"

/* An intercepted instruction and its result. */
struct kvm_record_insn {
	u8 insn;
	u8 size;
	u8 reg;
	u8 flags;
	u32 index;
	u64 value;
};

static void kvm_record_set_random(struct kvm_vcpu *vcpu,
				  const struct kvm_record_insn *ri)
{
	unsigned long rflags = kvm_get_rflags(vcpu);
	/* Without a random number the destination is cleared: SDM, RDRAND. */
	u64 value = ri->flags & KVM_X86_RECORD_CF ? ri->value : 0;

	switch (ri->size) {
	case 2:
		value = (kvm_register_read_raw(vcpu, ri->reg) & ~0xffffull) |
			(u16)value;
		break;
	case 4:
		value = (u32)value;
		break;
	}
	kvm_register_write_raw(vcpu, ri->reg, value);

	rflags &= ~(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
		    X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF);
	if (ri->flags & KVM_X86_RECORD_CF)
		rflags |= X86_EFLAGS_CF;
	kvm_set_rflags(vcpu, rflags);
}

/*
 * kvm_skip_emulated_instruction() also counts the instruction in the guest's
 * PMU and raises the single-step trap.  Most recorded guests need neither.
 */
static int kvm_record_skip(struct kvm_vcpu *vcpu)
{
	if (vcpu->kvm->arch.enable_pmu ||
	    (kvm_get_rflags(vcpu) & X86_EFLAGS_TF))
		return kvm_skip_emulated_instruction(vcpu);

	return static_call(kvm_x86_skip_emulated_instruction)(vcpu);
}

/* Write the result to the guest's registers and skip the instruction. */
static int kvm_record_finish(struct kvm_vcpu *vcpu,
			     const struct kvm_record_insn *ri)
{
	if (ri->flags & KVM_X86_RECORD_GP) {
		kvm_inject_gp(vcpu, 0);
		return 1;
	}

	switch (ri->insn) {
	case KVM_X86_RECORD_RDRAND:
	case KVM_X86_RECORD_RDSEED:
		kvm_record_set_random(vcpu, ri);
		break;
	case KVM_X86_RECORD_RDTSCP:
		kvm_rcx_write(vcpu, ri->index);
		fallthrough;
	default:
		kvm_rax_write(vcpu, (u32)ri->value);
		kvm_rdx_write(vcpu, ri->value >> 32);
		break;
	}

	return kvm_record_skip(vcpu);
}

static int kvm_record_complete(struct kvm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_record_insn ri = {
		.insn = vcpu->arch.record.insn,
		.size = vcpu->arch.record.size,
		.reg = vcpu->arch.record.reg,
		.flags = run->x86_record.flags,
		.index = run->x86_record.index,
		.value = run->x86_record.value,
	};

	/* If user space changed RIP, there is nothing to complete. */
	if (unlikely(!kvm_is_linear_rip(vcpu, vcpu->arch.record.linear_rip)))
		return 1;

	return kvm_record_finish(vcpu, &ri);
}

/* Return to user space, which may change the result before the next KVM_RUN. */
static int kvm_record_exit(struct kvm_vcpu *vcpu,
			   const struct kvm_record_insn *ri)
{
	struct kvm_run *run = vcpu->run;

	run->exit_reason = KVM_EXIT_X86_RECORD;
	run->x86_record.insn = ri->insn;
	run->x86_record.size = ri->size;
	run->x86_record.value = ri->value;
	run->x86_record.index = ri->index;
	run->x86_record.flags = ri->flags;

	vcpu->arch.record.linear_rip = kvm_get_linear_rip(vcpu);
	vcpu->arch.record.insn = ri->insn;
	vcpu->arch.record.size = ri->size;
	vcpu->arch.record.reg = ri->reg;
	vcpu->arch.complete_userspace_io = kvm_record_complete;
	return 0;
}

/* Slots of the ring that only flushes and bits of page tables may take. */
#define KVM_RECORD_KEPT_SLOTS	(32 * KVM_X86_RECORD_STEP_SLOTS)

/*
 * The ring.  Only the vCPU's thread writes to it, in KVM_RUN, so there is no
 * lock.  User space may write anything to the shared page: KVM keeps its own
 * copy of "head", and treats an impossible "tail" as a full ring.
 */
static bool kvm_record_ring_has_at_all(struct kvm_vcpu *vcpu, u32 slots)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	/*
	 * Pairs with user space's store-release of "tail": its reads of the
	 * slots before "tail" are done before KVM writes to them again.
	 */
	u32 used = rec->head - smp_load_acquire(&rec->shared->tail);

	return used <= rec->slots && rec->slots - used >= slots;
}

/*
 * A flush of the TLB, and bits that KVM sets, cannot wait for user space to make
 * room: keep some for them until KVM_RUN returns (__kvm_record_wants_exit()).
 */
static bool kvm_record_ring_has(struct kvm_vcpu *vcpu, u32 slots)
{
	if (kvm_record_tlb(vcpu->kvm) || kvm_record_ptes(vcpu->kvm))
		slots += KVM_RECORD_KEPT_SLOTS;
	return kvm_record_ring_has_at_all(vcpu, slots);
}

static void kvm_record_ring_put(struct kvm_vcpu *vcpu, const void *data,
				u32 slots)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	const struct kvm_x86_record_slot *from = data;
	u32 i;

	for (i = 0; i < slots; i++)
		rec->ring[(rec->head + i) & (rec->slots - 1)] = from[i];

	rec->head += slots;
	/*
	 * Pairs with user space's load-acquire of "head": whoever sees the new
	 * "head" also sees the slots before it.
	 */
	smp_store_release(&rec->shared->head, rec->head);
}

/* Exit before the instruction: the guest executes it again when it resumes. */
static int kvm_record_ring_full(struct kvm_vcpu *vcpu)
{
	memset(&vcpu->run->x86_record, 0, sizeof(vcpu->run->x86_record));
	vcpu->run->exit_reason = KVM_EXIT_X86_RECORD;
	vcpu->run->x86_record.insn = KVM_X86_RECORD_RING_FULL;
	return 0;
}

static int kvm_record_to_ring(struct kvm_vcpu *vcpu,
			      const struct kvm_record_insn *ri)
{
	struct kvm_x86_record_slot slot = {
		.insn = ri->insn,
		.size = ri->size,
		.flags = ri->flags,
		.slots = 1,
		.index = ri->index,
		.value = ri->value,
	};

	kvm_record_ring_put(vcpu, &slot, 1);
	return kvm_record_finish(vcpu, ri);
}

/*
 * The number of branches that the guest has retired.  The event belongs to this
 * thread.  If it is active, it counts on this CPU and can be read here;
 * otherwise its count does not change.  perf_event_read_value() would return
 * the same number, but takes a mutex and prepares an IPI.
 */
static u64 kvm_record_branches(struct kvm_vcpu *vcpu, bool *valid)
{
	struct perf_event *event = vcpu->arch.record.event;
	unsigned long flags;
	u64 count;

	*valid = false;
	if (!event)
		return 0;

	local_irq_save(flags);
	if (event->state == PERF_EVENT_STATE_ACTIVE &&
	    event->oncpu == smp_processor_id()) {
		event->pmu->read(event);
		*valid = true;
	}
	count = local64_read(&event->count);
	local_irq_restore(flags);
	return count;
}

/* The TSC as the current guest, L1 or L2, would read it. */
static u64 kvm_record_tsc(struct kvm_vcpu *vcpu)
{
	return kvm_scale_tsc(rdtsc(), vcpu->arch.tsc_scaling_ratio) +
	       vcpu->arch.tsc_offset;
}

/*
 * The epoch clock.  While it is "frozen", RDTSC is not intercepted and the TSC
 * multiplier is so small that the guest reads the same value every time.  Once
 * the clock is "due", the next RDTSC is intercepted: it sets the clock to the
 * current TSC and appends a step to the ring, with the position of the
 * instruction.  So the clock changes at an instruction, and a replay can change
 * it at the same one.
 */

/*
 * Even with the smallest multiplier the scaled TSC changes, about once a second
 * on AMD and once a day on Intel.  The clock's timer ends each entry long before
 * that.  However long the host stands still then, the timer's interrupt is
 * pending when it goes on, and the guest exits before its next instruction.
 *
 * The timer is late by less than this, after an interrupt that took too long:
 * hrtimer_interrupt() then puts off the next one by up to 100 ms.
 */
#define KVM_RECORD_LATE_NS		(120 * NSEC_PER_MSEC)

u64 kvm_record_tsc_multiplier(struct kvm_vcpu *vcpu)
{
	return kvm_record_epoch(vcpu->kvm) ? 1 : vcpu->arch.tsc_scaling_ratio;
}
EXPORT_SYMBOL_GPL(kvm_record_tsc_multiplier);

/* The host's cycles until the TSC with the smallest multiplier changes. */
static u64 kvm_record_cycles_left(u64 host_tsc)
{
	u64 step = 1ull << kvm_caps.tsc_scaling_ratio_frac_bits;

	return step - (host_tsc & (step - 1));
}

/*
 * The cycles after which the clock's timer is to end the entry, at most a period;
 * 0 if the clock cannot stand still.  Until the timer is set the host may stand
 * still for as long again, since that is looked for only then.
 */
static u64 kvm_record_delay(struct kvm_vcpu_record *rec, u64 now)
{
	u64 left = kvm_record_cycles_left(now), delay;

	if (left <= rec->margin)
		return 0;
	delay = min(rec->period, (left - rec->margin) / 2);
	return delay < min_t(u64, rec->period, tsc_khz) ? 0 : delay;
}

static void kvm_record_freeze(struct kvm_vcpu *vcpu, u64 value)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	u64 now, delay;

	rec->clock = value;
	rec->frozen = false;
	/*
	 * L2 has its own offset and multiplier.  Its reads stay intercepted.
	 */
	if (is_guest_mode(vcpu))
		return;

	preempt_disable();
	now = rdtsc();
	delay = kvm_record_delay(rec, now);
	if (!delay)
		goto out;

	rec->until = now + delay;
	rec->timer_cpu = smp_processor_id();
	hrtimer_start(&rec->timer,
		      ns_to_ktime(mul_u64_u32_div(delay, USEC_PER_SEC, tsc_khz)),
		      HRTIMER_MODE_REL_PINNED_HARD);
	/*
	 * If the host stood still since "now", the timer may be as much too late.
	 * kvm_record_enter_epoch() checks this too, but a fast-path exit
	 * re-enters the guest without calling it.
	 */
	if (rdtsc() >= rec->until)
		goto out;

	static_call(kvm_x86_record_tsc)(vcpu, false, value -
		(now >> kvm_caps.tsc_scaling_ratio_frac_bits));
	rec->frozen = true;
out:
	preempt_enable();
}

/*
 * Intercept RDTSC if the clock is due, or if the timer would not end this entry:
 * it has to be pending, on this CPU.
 */
static void kvm_record_enter_epoch(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;

	if (rec->frozen &&
	    (READ_ONCE(rec->due) || is_guest_mode(vcpu) ||
	     rec->timer_cpu != smp_processor_id() || rdtsc() >= rec->until))
		rec->frozen = false;
	if (!rec->frozen)
		static_call(kvm_x86_record_tsc)(vcpu, true, 0);
}

static enum hrtimer_restart kvm_record_timer(struct hrtimer *timer)
{
	struct kvm_vcpu *vcpu = container_of(timer, struct kvm_vcpu,
					     arch.record.timer);

	WRITE_ONCE(vcpu->arch.record.due, true);
	/* On the vCPU's own CPU this interrupt was already an exit. */
	if (READ_ONCE(vcpu->cpu) != raw_smp_processor_id())
		kvm_vcpu_kick(vcpu);
	return HRTIMER_NORESTART;
}

/*
 * The next read of the clock is a step: the guest's TSC was set, or KVM_RUN
 * returned to user space.
 */
void kvm_record_clock_due(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->arch.record.due, true);
}

/* A clock step, a flush, or bits of a page table. */
struct kvm_record_step {
	struct kvm_x86_record_slot slot;
	struct kvm_x86_record_position position;
};

static void kvm_record_position(struct kvm_vcpu *vcpu,
				struct kvm_x86_record_position *position)
{
	struct kvm_regs *regs = &position->regs;
	bool valid;

	position->branches = kvm_record_branches(vcpu, &valid);
	position->flags = valid ? KVM_X86_RECORD_BRANCHES_VALID : 0;

	regs->rax = kvm_rax_read(vcpu);
	regs->rbx = kvm_rbx_read(vcpu);
	regs->rcx = kvm_rcx_read(vcpu);
	regs->rdx = kvm_rdx_read(vcpu);
	regs->rsi = kvm_rsi_read(vcpu);
	regs->rdi = kvm_rdi_read(vcpu);
	regs->rsp = kvm_rsp_read(vcpu);
	regs->rbp = kvm_rbp_read(vcpu);
#ifdef CONFIG_X86_64
	regs->r8 = kvm_r8_read(vcpu);
	regs->r9 = kvm_r9_read(vcpu);
	regs->r10 = kvm_r10_read(vcpu);
	regs->r11 = kvm_r11_read(vcpu);
	regs->r12 = kvm_r12_read(vcpu);
	regs->r13 = kvm_r13_read(vcpu);
	regs->r14 = kvm_r14_read(vcpu);
	regs->r15 = kvm_r15_read(vcpu);
#endif
	regs->rip = kvm_rip_read(vcpu);
	regs->rflags = kvm_get_rflags(vcpu);
}

/*
 * The TLB.  What a guest sees of its page tables' accessed and dirty bits
 * depends on what its TLB holds.  With KVM_X86_RECORD_TLB it is flushed where
 * user space asks for it, and where it is flushed for KVM's own reasons (its
 * page tables changed, the vCPU moved to another CPU, it got a new ASID) the
 * ring tells the place.
 */
static void kvm_record_put_here(struct kvm_vcpu *vcpu, u8 insn, u32 index,
				u64 value)
{
	struct kvm_record_step step = {
		.slot = {
			.insn = insn,
			.slots = KVM_X86_RECORD_STEP_SLOTS,
			.index = index,
			.value = value,
		},
	};

	if (!kvm_record_ring_has_at_all(vcpu, KVM_X86_RECORD_STEP_SLOTS)) {
		vcpu->arch.record.shared->flags |= KVM_X86_RECORD_FLUSH_LOST;
		return;
	}

	kvm_record_position(vcpu, &step.position);
	kvm_record_ring_put(vcpu, &step, KVM_X86_RECORD_STEP_SLOTS);
}

/*
 * With shadow paging no processor touches the guest's page tables: KVM sets the
 * accessed and dirty bits, when it handles the page fault of an instruction that
 * the guest executes again.
 */
void __kvm_record_pte_bits(struct kvm_vcpu *vcpu, gpa_t gpa, u64 bits)
{
	kvm_record_put_here(vcpu, KVM_X86_RECORD_PTE_BITS, bits, gpa);
}

bool __kvm_record_wants_exit(struct kvm_vcpu *vcpu)
{
	if (kvm_record_ring_has(vcpu, 0))
		return false;

	kvm_record_ring_full(vcpu);
	return true;
}

static void kvm_record_enter_tlb(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	bool asked = READ_ONCE(rec->shared->flush_tlb);
	bool flushed = rec->flushed;

	if (asked)
		WRITE_ONCE(rec->shared->flush_tlb, 0);
	/* KVM may have flushed one page only: flush all of them. */
	if (static_call(kvm_x86_record_tlb)(vcpu, asked || flushed))
		flushed = true;
	rec->flushed = false;
	if (flushed && !asked)
		kvm_record_put_here(vcpu, KVM_X86_RECORD_TLB_FLUSH, 0, 0);
}

/* Called before each entry to the guest, with interrupts disabled. */
void __kvm_record_enter(struct kvm_vcpu *vcpu)
{
	if (kvm_record_epoch(vcpu->kvm))
		kvm_record_enter_epoch(vcpu);
	if (kvm_record_tlb(vcpu->kvm))
		kvm_record_enter_tlb(vcpu);
}

static int kvm_record_read_clock(struct kvm_vcpu *vcpu,
				 struct kvm_record_insn *ri)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	struct kvm_record_step step = {};

	/* RDMSR is always intercepted.  Between steps it reads the same clock. */
	if (rec->frozen && !READ_ONCE(rec->due)) {
		ri->value = rec->clock;
		return kvm_record_finish(vcpu, ri);
	}

	if (!kvm_record_ring_has(vcpu, KVM_X86_RECORD_STEP_SLOTS))
		return kvm_record_ring_full(vcpu);

	step.slot.insn = KVM_X86_RECORD_CLOCK_STEP;
	step.slot.size = 8;
	step.slot.slots = KVM_X86_RECORD_STEP_SLOTS;
	step.slot.value = ri->value;
	kvm_record_position(vcpu, &step.position);
	kvm_record_ring_put(vcpu, &step, KVM_X86_RECORD_STEP_SLOTS);

	WRITE_ONCE(rec->due, false);
	kvm_record_freeze(vcpu, ri->value);
	return kvm_record_finish(vcpu, ri);
}

/*
 * Handle an intercepted instruction: @insn is KVM_X86_RECORD_RDTSC and so on,
 * @size the width of its result in bytes.  @reg is the destination register of
 * RDRAND and RDSEED; the other instructions have a fixed one.  Faults that
 * depend on guest state alone are injected and not recorded.
 */
int kvm_handle_record_insn(struct kvm_vcpu *vcpu, u32 insn, u32 size, int reg)
{
	struct kvm_record_insn ri = { .insn = insn, .size = size, .reg = reg };
	bool user = kvm_record_cpl(vcpu) != 0;
	unsigned long rnd = 0;
	u64 aux;

	/* Check first: a random number that was read must reach the guest. */
	if (kvm_record_ring(vcpu->kvm) && !kvm_record_ring_has(vcpu, 1))
		return kvm_record_ring_full(vcpu);

	switch (insn) {
	case KVM_X86_RECORD_RDTSCP:
		/*
		 * Read it as the host: RDTSCP returns TSC_AUX even if the
		 * guest may not read it with RDMSR.
		 */
		if (!__kvm_get_msr(vcpu, MSR_TSC_AUX, &aux, true))
			ri.index = aux;
		fallthrough;
	case KVM_X86_RECORD_RDTSC:
		if (user && kvm_record_cr4(vcpu, X86_CR4_TSD))
			goto inject_gp;
		fallthrough;
	case KVM_X86_RECORD_RDMSR_TSC:
		ri.value = kvm_record_tsc(vcpu);
		if (kvm_record_epoch(vcpu->kvm))
			return kvm_record_read_clock(vcpu, &ri);
		break;
	case KVM_X86_RECORD_RDPMC:
		if (user && !kvm_record_cr4(vcpu, X86_CR4_PCE))
			goto inject_gp;
		ri.index = kvm_rcx_read(vcpu);
		if (kvm_pmu_rdpmc(vcpu, ri.index, &ri.value)) {
			ri.value = 0;
			ri.flags = KVM_X86_RECORD_GP;
		}
		break;
	case KVM_X86_RECORD_RDRAND:
		if (arch_get_random_longs(&rnd, 1))
			ri.flags = KVM_X86_RECORD_CF;
		break;
	case KVM_X86_RECORD_RDSEED:
		if (arch_get_random_seed_longs(&rnd, 1))
			ri.flags = KVM_X86_RECORD_CF;
		break;
	default:
		WARN_ON_ONCE(1);
		return kvm_handle_invalid_op(vcpu);
	}

	if (ri.flags & KVM_X86_RECORD_CF)
		ri.value = size == 8 ? rnd : rnd & ((1ull << size * 8) - 1);

	if (kvm_record_ring(vcpu->kvm))
		return kvm_record_to_ring(vcpu, &ri);

	return kvm_record_exit(vcpu, &ri);

inject_gp:
	kvm_inject_gp(vcpu, 0);
	return 1;
}
EXPORT_SYMBOL_GPL(kvm_handle_record_insn);

int kvm_emulate_rdtsc(struct kvm_vcpu *vcpu)
{
	return kvm_handle_record_insn(vcpu, KVM_X86_RECORD_RDTSC, 8, 0);
}
EXPORT_SYMBOL_GPL(kvm_emulate_rdtsc);

int kvm_emulate_rdtscp(struct kvm_vcpu *vcpu)
{
	/* SVM also intercepts RDTSCP to hide it, without the capability. */
	if (!kvm_recording(vcpu->kvm) ||
	    !guest_cpuid_has(vcpu, X86_FEATURE_RDTSCP))
		return kvm_handle_invalid_op(vcpu);

	return kvm_handle_record_insn(vcpu, KVM_X86_RECORD_RDTSCP, 8, 0);
}
EXPORT_SYMBOL_GPL(kvm_emulate_rdtscp);

/*
 * Handle RDTSC or RDTSCP on the fast path, with interrupts disabled, if the
 * instruction certainly completes through the ring: with no fault, no exit to
 * user space and no single-step trap.  The caller makes sure that KVM can skip
 * the instruction without reading guest memory.
 */
fastpath_t kvm_record_fastpath(struct kvm_vcpu *vcpu, u32 insn)
{
	u32 slots = kvm_record_epoch(vcpu->kvm) ? KVM_X86_RECORD_STEP_SLOTS : 1;

	if (!kvm_record_ring(vcpu->kvm) || vcpu->guest_debug ||
	    (insn == KVM_X86_RECORD_RDTSCP &&
	     !guest_cpuid_has(vcpu, X86_FEATURE_RDTSCP)) ||
	    (kvm_record_cr4(vcpu, X86_CR4_TSD) && kvm_record_cpl(vcpu)) ||
	    (kvm_get_rflags(vcpu) & X86_EFLAGS_TF) ||
	    !kvm_record_ring_has(vcpu, slots))
		return EXIT_FASTPATH_NONE;

	WARN_ON_ONCE(!kvm_handle_record_insn(vcpu, insn, 8, 0));
	return EXIT_FASTPATH_REENTER_GUEST;
}
EXPORT_SYMBOL_GPL(kvm_record_fastpath);

static bool kvm_record_has_epoch(void)
{
	return kvm_caps.has_tsc_control;
}

int kvm_record_check_extension(void)
{
	int flags = KVM_X86_RECORD_ENABLE;

	if (!kvm_caps.has_record)
		return 0;

	flags |= KVM_X86_RECORD_RING;
	if (kvm_record_has_epoch())
		flags |= KVM_X86_RECORD_EPOCH;
	if (kvm_caps.has_record_tlb)
		flags |= KVM_X86_RECORD_TLB;
	if (!tdp_enabled)
		flags |= KVM_X86_RECORD_PTE;
	return KVM_X86_RECORD_VERSION | flags << KVM_X86_RECORD_FLAGS_SHIFT;
}

int kvm_record_enable_cap(struct kvm *kvm, struct kvm_enable_cap *cap)
{
	u64 flags = cap->args[0];
	int r = -EBUSY;

	if (!kvm_caps.has_record || (flags & ~KVM_X86_RECORD_VALID_FLAGS))
		return -EINVAL;
	if (!(flags & KVM_X86_RECORD_ENABLE) && flags)
		return -EINVAL;
	if ((flags & KVM_X86_RECORD_RING) &&
	    (!is_power_of_2(cap->args[1]) ||
	     cap->args[1] < KVM_X86_RECORD_MIN_SLOTS ||
	     cap->args[1] > KVM_X86_RECORD_MAX_SLOTS))
		return -EINVAL;
	if (flags & KVM_X86_RECORD_EPOCH) {
		if (!(flags & KVM_X86_RECORD_RING) ||
		    cap->args[2] < KVM_X86_RECORD_MIN_PERIOD_NS ||
		    cap->args[2] > KVM_X86_RECORD_MAX_PERIOD_NS)
			return -EINVAL;
		if (!kvm_record_has_epoch())
			return -EOPNOTSUPP;
	}
	if (flags & (KVM_X86_RECORD_TLB | KVM_X86_RECORD_PTE)) {
		if (!(flags & KVM_X86_RECORD_RING) ||
		    cap->args[1] < KVM_X86_RECORD_MIN_SLOTS_TLB)
			return -EINVAL;
		if ((flags & KVM_X86_RECORD_TLB) && !kvm_caps.has_record_tlb)
			return -EOPNOTSUPP;
		if ((flags & KVM_X86_RECORD_PTE) && tdp_enabled)
			return -EOPNOTSUPP;
	}

	mutex_lock(&kvm->lock);
	if (!kvm->created_vcpus) {
		kvm->arch.record.flags = flags;
		kvm->arch.record.slots = cap->args[1];
		kvm->arch.record.period_ns = cap->args[2];
		r = 0;
	}
	mutex_unlock(&kvm->lock);
	return r;
}

static u64 kvm_record_cycles(u64 ns)
{
	return mul_u64_u32_div(ns, tsc_khz, USEC_PER_SEC);
}

int kvm_record_create_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	struct kvm *kvm = vcpu->kvm;

	BUILD_BUG_ON(sizeof(struct kvm_x86_record_shared) > PAGE_SIZE);
	BUILD_BUG_ON(sizeof(struct kvm_record_step) !=
		     KVM_X86_RECORD_STEP_SLOTS * sizeof(*rec->ring));

	if (!kvm_recording(kvm))
		return 0;

	if (kvm_record_ring(kvm))
		rec->slots = kvm->arch.record.slots;
	rec->shared = __vmalloc(PAGE_SIZE + rec->slots * sizeof(*rec->ring),
				GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!rec->shared)
		return -ENOMEM;
	rec->ring = (void *)rec->shared + PAGE_SIZE;
	rec->shared->slots = rec->slots;
	rec->period = kvm_record_cycles(kvm->arch.record.period_ns);
	rec->margin = kvm_record_cycles(KVM_RECORD_LATE_NS);
	hrtimer_init(&rec->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	rec->timer.function = kvm_record_timer;
	return 0;
}

void kvm_record_destroy_vcpu(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;

	if (!rec->shared)
		return;

	hrtimer_cancel(&rec->timer);
	if (rec->event)
		perf_event_release_kernel(rec->event);
	vfree(rec->shared);
	rec->shared = NULL;
}

/* The shared page or page of the ring at @pgoff of the vCPU's file, or NULL. */
struct page *kvm_record_page(struct kvm_vcpu *vcpu, unsigned long pgoff)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	size_t offset = (pgoff - KVM_X86_RECORD_PAGE_OFFSET) * PAGE_SIZE;

	if (!rec->shared || pgoff < KVM_X86_RECORD_PAGE_OFFSET ||
	    offset >= PAGE_SIZE + rec->slots * sizeof(*rec->ring))
		return NULL;

	return vmalloc_to_page((void *)rec->shared + offset);
}

/*
 * KVM_ENABLE_CAP on a vCPU: create the event that counts branches, for the
 * calling thread, in guest mode only.
 */
int kvm_record_set_event(struct kvm_vcpu *vcpu, struct kvm_enable_cap *cap)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;
	struct perf_event_attr attr = {
		.type = cap->args[0],
		.size = sizeof(attr),
		.config = cap->args[1],
		.config1 = cap->args[2],
		.pinned = 1,
		.exclude_host = 1,
	};
	struct perf_event *event;

	if (!rec->shared || cap->args[0] > U32_MAX || cap->args[3])
		return -EINVAL;
	/* Other types, such as the PMUs of hybrid processors, need CAP_PERFMON. */
	if (attr.type != PERF_TYPE_RAW && attr.type != PERF_TYPE_HARDWARE &&
	    !perfmon_capable())
		return -EPERM;
	if (rec->event)
		return -EBUSY;

	event = perf_event_create_kernel_counter(&attr, -1, current, NULL, NULL);
	if (IS_ERR(event))
		return PTR_ERR(event);

	rec->event = event;
	return 0;
}

/*
 * A processor may have set accessed and dirty bits for an instruction that then
 * faulted in the host's page tables, and that the guest has yet to retry.  An
 * interrupt of the host may come before it does.  But an instruction that loops
 * is no retry for ever: after some exits it is taken to have retired.
 */
#define KVM_RECORD_RETRY_EXITS	8

void __kvm_record_fault(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;

	rec->fault_rip = kvm_rip_read(vcpu);
	rec->fault_rcx = kvm_rcx_read(vcpu);
	rec->fault_exits = vcpu->stat.exits;
	rec->faulted = true;
}

static bool kvm_record_retries(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpu_record *rec = &vcpu->arch.record;

	rec->faulted = rec->faulted &&
		       rec->fault_rip == kvm_rip_read(vcpu) &&
		       rec->fault_rcx == kvm_rcx_read(vcpu) &&
		       vcpu->stat.exits - rec->fault_exits <
		       KVM_RECORD_RETRY_EXITS;
	return rec->faulted;
}

static void kvm_record_set_flag(struct kvm_x86_record_shared *shared, u32 flag,
				bool on)
{
	if (on)
		shared->flags |= flag;
	else
		shared->flags &= ~flag;
}

/* Called when KVM_RUN returns to user space. */
void __kvm_record_return(struct kvm_vcpu *vcpu)
{
	struct kvm_x86_record_shared *shared = vcpu->arch.record.shared;
	bool valid;

	shared->branches = kvm_record_branches(vcpu, &valid);
	kvm_record_set_flag(shared, KVM_X86_RECORD_BRANCHES_VALID, valid);
	kvm_record_set_flag(shared, KVM_X86_RECORD_RETRY,
			    kvm_record_retries(vcpu));
	kvm_record_clock_due(vcpu);
}
