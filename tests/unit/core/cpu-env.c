/*
 * The CPU state of a trace: size, names, loading what was read, and the values
 * that KVM and TCG keep differently.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: common/core/cpu-env.c common/core/cpu-state.c tests/lib/cpu-stand-ins.c */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "system/tcg.h"
#include "tcg/helper-tcg.h"
#include "common/core/cpu-env.h"

#include "tests/lib/cpu-stand-ins.h"
#include "tests/tap.h"

#define ENTRIES 165 /* of a state: it is part of the format */
#define SEGMENT_AT(i) \
	(RR_REG_COUNT + 4 * (i)) /* selector, base, limit, flags */
#define SYSENTER_ESP_AT (RR_REG_COUNT + 32 + 4 + 7 + 5)
#define MXCSR_AT 83
#define CC_FLAGS (CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O)

static CPUX86State *new_env(void)
{
	X86CPU *cpu = g_new0(X86CPU, 1);

	cpu->env.df = 1;
	cpu->env.cr[0] = CR0_ET_MASK;
	return &cpu->env;
}

static void free_env(CPUX86State *env)
{
	g_free(env_archcpu(env));
}

/* A CPU in long mode with another value in each register. */
static CPUX86State *busy_env(void)
{
	CPUX86State *env = new_env();
	uint64_t n = 0x123456789abcdef0;

	for (int i = 0; i < CPU_NB_REGS; i++)
		env->regs[i] = n++;
	env->eip = n++;
	cpu_load_eflags(env, IF_MASK | CC_Z | CC_O | DF_MASK, ~0);
	env->cr[0] |= CR0_PE_MASK | CR0_PG_MASK;
	env->cr[2] = n++;
	env->cr[3] = 0x1000;
	env->cr[4] = CR4_PAE_MASK;
	env->efer = MSR_EFER_LMA | MSR_EFER_LME;
	env->xcr0 = 7;
	for (int i = 0; i < 6; i++)
		env->segs[i] = (SegmentCache){ 8 * i + 8, n++, 0xfffff,
					       DESC_P_MASK | DESC_S_MASK };
	env->tr = (SegmentCache){ 0x40, n++, 0x67,
				  DESC_P_MASK | (9 << DESC_TYPE_SHIFT) };
	env->gdt = (SegmentCache){ 0, n++, 0x7f, 0 };
	env->idt = (SegmentCache){ 0, n++, 0xfff, 0 };
	env->star = n++;
	env->lstar = n++;
	env->kernelgsbase = n++;
	env->sysenter_cs = 0x10;
	env->sysenter_esp = n++;
	env->pat = n++;
	env->dr[0] = n++;
	env->dr[7] = 0x400;
	env->fpuc = 0x37f;
	env->fpus = 0x4100;
	env->fpstt = 5;
	env->mxcsr = 0x1f80;
	for (int i = 0; i < 8; i++) {
		env->fptags[i] = i & 1;
		env->fpregs[i].d.low = n++;
		env->fpregs[i].d.high = 0x3fff;
	}
	for (int i = 0; i < 16; i++)
		env->xmm_regs[i].ZMM_Q(3) = n++;
	env->hflags = HF_INHIBIT_IRQ_MASK;
	env->hflags2 = HF2_NMI_MASK;
	return env;
}

static void test_load(void)
{
	CPUX86State *from = busy_env(), *to = new_env();
	RRCPUState a, b;
	char name[64];

	rr_cpu_state_get(from, &a);
	ksft_ok(a.count == ENTRIES, "a state has %u entries", a.count);
	rr_cpu_state_get(to, &b);
	ksft_ok(!rr_cpu_state_put(to, a.value, 8 * (ENTRIES - 1)) &&
			!rr_cpu_state_put(to, a.value, 8 * (ENTRIES + 1)),
		"a state of another size is refused");
	rr_cpu_state_get(to, &a);
	ksft_ok(rr_cpu_state_compare(&a, &b, name) == -1 &&
			!cpu_stand_ins.flushes,
		"and nothing is loaded");

	rr_cpu_state_get(from, &a);
	ksft_ok(rr_cpu_state_put(to, a.value, 8 * ENTRIES), "a state loads");
	rr_cpu_state_get(to, &b);
	ksft_ok(rr_cpu_state_compare(&a, &b, name) == -1,
		"what was loaded is what was read");
	ksft_ok(cpu_stand_ins.flushes == 1, "the TLB is flushed");
	free_env(from);
	free_env(to);
}

static void test_mxcsr(void)
{
	CPUX86State *env = busy_env();
	RRCPUState tcg, kvm;

	cpu_stand_ins.sse_exceptions = 0x20;
	tcg_allowed = false;
	rr_cpu_state_get(env, &kvm);
	tcg_allowed = true;
	rr_cpu_state_get(env, &tcg);
	cpu_stand_ins.sse_exceptions = 0;
	ksft_ok(tcg.value[MXCSR_AT] == 0x1fa0 && kvm.value[MXCSR_AT] == 0x1f80,
		"MXCSR has the exceptions that TCG keeps apart");
	free_env(env);
}

#define ST_AT(i) (84 + 2 * (i))

/* KVM has ST(0) first, TCG the register with the number 0 (FORMAT.md). */
static void test_x87_registers(void)
{
	CPUX86State *env = busy_env(), *loaded = new_env();
	RRCPUState tcg, kvm, again;
	unsigned int wrong = 0;

	rr_cpu_state_get(env, &tcg);
	tcg_allowed = false;
	rr_cpu_state_get(env, &kvm);
	for (int i = 0; i < 8; i++) {
		wrong += kvm.value[ST_AT((env->fpstt + i) & 7)] !=
			 env->fpregs[i].d.low;
		wrong += tcg.value[ST_AT(i)] != env->fpregs[i].d.low;
	}
	ksft_ok(!wrong, "x87 registers are by physical number: %u wrong",
		wrong);
	rr_cpu_state_put(loaded, kvm.value, 8 * ENTRIES);
	rr_cpu_state_get(loaded, &again);
	ksft_ok(!memcmp(loaded->fpregs, env->fpregs, sizeof(env->fpregs)) &&
			rr_cpu_state_compare(&kvm, &again, NULL) == -1,
		"and KVM gets them back as it gave them");
	tcg_allowed = true;
	free_env(env);
	free_env(loaded);
}

static void test_names(void)
{
	CPUX86State *env = busy_env();
	GHashTable *names =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	RRCPUState a, b;
	unsigned int wrong = 0;
	char name[64];

	rr_cpu_state_get(env, &a);
	for (uint32_t i = 0; i < a.count; i++) {
		b = a;
		b.value[i] ^= 1ull << (i % 64);
		name[0] = '\0';
		wrong += rr_cpu_state_compare(&a, &b, name) != (int)i;
		wrong += !name[0];
		g_hash_table_add(names, g_strdup(name));
	}
	ksft_ok(!wrong, "each difference is found: %u wrong", wrong);
	ksft_ok(g_hash_table_size(names) == a.count,
		"all entries have different names: %u",
		g_hash_table_size(names));
	g_hash_table_destroy(names);
	free_env(env);
}

static uint64_t value_at(CPUX86State *env, unsigned int i)
{
	RRCPUState state;

	rr_cpu_state_get(env, &state);
	return state.value[i];
}

static void test_kvm_and_tcg(void)
{
	CPUX86State *env = busy_env();

	ksft_ok(value_at(env, SEGMENT_AT(7) + 3) & DESC_TSS_BUSY_MASK,
		"a task register that is loaded is busy");
	env->segs[R_ES].flags &= ~DESC_P_MASK;
	env->segs[R_FS].flags &= ~DESC_P_MASK;
	ksft_ok(!value_at(env, SEGMENT_AT(R_ES) + 1) &&
			!value_at(env, SEGMENT_AT(R_ES) + 2) &&
			!value_at(env, SEGMENT_AT(R_ES) + 3),
		"a segment that is not present has no base, limit and flags");
	ksft_ok(value_at(env, SEGMENT_AT(R_FS) + 1) == env->segs[R_FS].base,
		"but FS keeps its base in long mode");
	ksft_ok(value_at(env, SYSENTER_ESP_AT) == env->sysenter_esp,
		"Intel: SYSENTER_ESP has 64 bits");
	env->cpuid_vendor1 = CPUID_VENDOR_AMD_1;
	env->cpuid_vendor2 = CPUID_VENDOR_AMD_2;
	env->cpuid_vendor3 = CPUID_VENDOR_AMD_3;
	ksft_ok(value_at(env, SYSENTER_ESP_AT) == (uint32_t)env->sysenter_esp,
		"AMD: SYSENTER_ESP has 32 bits");
	free_env(env);
}

static void test_landmark(void)
{
	CPUX86State *env = busy_env();
	struct rr_landmark lm = { .branches = 17 };

	rr_landmark_from_env(env, &lm);
	ksft_ok(lm.branches == 17 && lm.regs[RR_REG_RSP] == env->regs[R_ESP] &&
			lm.regs[RR_REG_RIP] == env->eip,
		"a landmark has the registers, and its count is left alone");
	cpu_load_eflags(env, RR_RFLAGS_IGNORED | CC_C, ~0);
	rr_landmark_from_env(env, &lm);
	ksft_ok((lm.regs[RR_REG_RFLAGS] & (RR_RFLAGS_IGNORED | CC_C)) ==
			(RR_RFLAGS_IGNORED | CC_C),
		"its RFLAGS have AF and RF");
	free_env(env);
}

int main(void)
{
	ksft_plan(18);
	test_mxcsr();
	test_load();
	test_x87_registers();
	test_names();
	test_kvm_and_tcg();
	test_landmark();
	return ksft_end();
}
