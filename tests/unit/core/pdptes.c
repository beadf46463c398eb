/*
 * PAE's page-directory pointers: which writes load them, and what they keep.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: common/core/pdptes.c tests/lib/cpu-stand-ins.c */
#include "qemu/osdep.h"
#include "common/core/pdptes.h"

#include "tests/lib/cpu-stand-ins.h"
#include "tests/tap.h"

#define AT 0x20
#define PAGING (CR0_PG_MASK | CR0_PE_MASK)

static CPUX86State *pae_env(bool keeps)
{
	X86CPU *cpu = g_new0(X86CPU, 1);

	cpu->phys_bits = 40;
	cpu->env.cr[0] = PAGING;
	cpu->env.cr[3] = AT;
	cpu->env.cr[4] = CR4_PAE_MASK;
	cpu->env.rr_keeps_pdptes = keeps;
	for (int i = 0; i < 4; i++)
		cpu_stand_ins.memory[AT / 8 + i] = 0x1000 * (i + 1) | 1;
	return &cpu->env;
}

static void free_env(CPUX86State *env)
{
	g_free(env_archcpu(env));
}

static bool has_loaded(CPUX86State *env, int reg, target_ulong value)
{
	memset(env->pdptrs, 0, sizeof(env->pdptrs));
	return rr_pdptes_load(env, reg, value) && env->pdptrs[3] == 0x4001;
}

static void test_which_load(void)
{
	CPUX86State *env = pae_env(true);

	ksft_ok(has_loaded(env, 3, AT), "CR3 loads");
	ksft_ok(has_loaded(env, 0, PAGING | CR0_CD_MASK) &&
			!has_loaded(env, 0, PAGING | CR0_WP_MASK),
		"CR0.CD loads, CR0.WP does not");
	ksft_ok(has_loaded(env, 4, CR4_PAE_MASK | CR4_PGE_MASK) &&
			!has_loaded(env, 4, CR4_PAE_MASK | CR4_OSFXSR_MASK),
		"CR4.PGE loads, CR4.OSFXSR does not");
	ksft_ok(!has_loaded(env, 4, 0), "nor does the end of PAE");
	ksft_ok(!has_loaded(env, 8, 1), "nor CR8");
	env->cr[0] = CR0_PE_MASK;
	ksft_ok(!has_loaded(env, 3, AT), "nor CR3 without paging");
	ksft_ok(has_loaded(env, 0, PAGING), "paging loads");
	env->efer = MSR_EFER_LME;
	ksft_ok(!has_loaded(env, 0, PAGING), "but not that of long mode");
	free_env(env);
}

static void test_reserved(void)
{
	static const uint64_t reserved[] = { 2,	    4,		0x20,
					     0x100, 1ull << 40, 1ull << 63 };
	CPUX86State *env = pae_env(true);
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(reserved); i++) {
		cpu_stand_ins.memory[AT / 8 + 1] = 0x1001 | reserved[i];
		wrong += rr_pdptes_load(env, 3, AT);
		cpu_stand_ins.memory[AT / 8 + 1] = reserved[i];
		wrong += !rr_pdptes_load(env, 3, AT);
	}
	ksft_ok(!wrong,
		"reserved bits matter in what is present: %u of 12 wrong",
		wrong);
	cpu_stand_ins.memory[AT / 8 + 1] = 0xffff000e19;
	ksft_ok(rr_pdptes_load(env, 3, AT), "other bits are allowed");
	free_env(env);
}

static void test_amd(void)
{
	CPUX86State *env = pae_env(false);

	cpu_stand_ins.memory[AT / 8] |= 2;
	ksft_ok(rr_pdptes_load(env, 3, AT),
		"without registers CR3 is not checked");
	ksft_ok(!rr_pdptes_load(env, 4, CR4_PAE_MASK | CR4_PGE_MASK),
		"KVM checks at CR4");
	cpu_stand_ins.memory[AT / 8] &= ~2ull;
	ksft_ok(rr_pdptes_load(env, 4, CR4_PAE_MASK | CR4_PGE_MASK) &&
			!env->pdptrs[0],
		"and nothing is kept");
	free_env(env);
}

int main(void)
{
	ksft_plan(13);
	test_which_load();
	test_reserved();
	test_amd();
	return ksft_end();
}
