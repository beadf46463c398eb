/*
 * The four page-directory pointers of PAE paging, as KVM and Intel's processors
 * treat them (SDM volume 3, 4.4.1).
 *
 * Intel's processors load them into registers at writes of CR3, and of CR0 and
 * CR4 that change paging, and translate with the registers.  AMD's read them
 * from memory at each walk while paging is nested (APM volume 2, 15.25.10), but
 * KVM checks them there too at the writes that it emulates, those of CR0 and
 * CR4 (load_pdptrs()).
 *
 * For the replayer; thread: the vCPU's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CORE_PDPTES_H
#define RR_CORE_PDPTES_H

#include "cpu.h"

/*
 * The guest writes VALUE to control register REG, or (REG 3) the register is
 * loaded: load or check the pointers if this write does.  Call it before the
 * register has its new value.  False: a reserved bit is set in one that is
 * present, so the write is #GP, and nothing is loaded.
 */
bool rr_pdptes_load(CPUX86State *env, int reg, target_ulong value);

#endif
