/*
 * The features of a CPU of QEMU, from the CPUID table of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CPUID_FEATURES_H
#define RR_CPUID_FEATURES_H

#include "cpu.h"
#include "common/core/cpuid-table.h"

/* Give @cpu the features, vendor and address widths of the table. */
void rr_cpuid_apply(const RRCpuidTable *t, X86CPU *cpu);

#endif
