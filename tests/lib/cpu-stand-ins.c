/*
 * Stand-ins for what QEMU does with a CPU: each keeps the value that it gets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cputlb.h"
#include "system/tcg.h"
#include "tcg/helper-tcg.h"

#include "tests/lib/cpu-stand-ins.h"

struct cpu_stand_ins cpu_stand_ins;

bool tcg_allowed = true;

uint32_t cpu_cc_compute_all(CPUX86State *env)
{
	return env->cc_src;
}

void cpu_load_eflags(CPUX86State *env, int eflags, int update_mask)
{
	const int cc = CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O;

	env->cc_src = eflags & cc;
	env->df = eflags & DF_MASK ? -1 : 1;
	env->eflags = (eflags & ~(cc | DF_MASK)) | 2;
}

void cpu_load_efer(CPUX86State *env, uint64_t value)
{
	env->efer = value;
}

void cpu_x86_update_cr4(CPUX86State *env, uint32_t value)
{
	env->cr[4] = value;
}

void cpu_x86_update_dr7(CPUX86State *env, uint32_t value)
{
	env->dr[7] = value;
}

void x86_update_hflags(CPUX86State *env)
{
}

void cpu_sync_avx_hflag(CPUX86State *env)
{
}

void update_fp_status(CPUX86State *env)
{
}

void update_mxcsr_status(CPUX86State *env)
{
}

void update_mxcsr_from_sse_status(CPUX86State *env)
{
	env->mxcsr |= cpu_stand_ins.sse_exceptions;
}

void tlb_flush(CPUState *cpu)
{
	cpu_stand_ins.flushes++;
}

/* No guest of a test is in translated code. */
bool cpu_unwind_state_data(CPUState *cpu, uintptr_t host_pc, uint64_t *data)
{
	return false;
}

uint64_t x86_ldq_phys(CPUState *cs, hwaddr addr)
{
	return cpu_stand_ins.memory[addr / 8 % CPU_STAND_INS_WORDS];
}
