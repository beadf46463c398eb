/*
 * Rules that the recorder and the replayer must both follow.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_POLICY_H
#define RR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * MSRs that are plain CPU state, which both KVM and TCG keep.  All other MSRs
 * belong to the environment, so that the values read from them are logged.
 * X(first, count)
 */
#define RR_STATE_MSRS(X)                                                     \
    X(0x174, 3)      /* SYSENTER_CS, _ESP, _EIP */                           \
    X(0x277, 1)      /* PAT */                                               \
    X(0xc0000080, 5) /* EFER, STAR, LSTAR, CSTAR, FMASK */                   \
    X(0xc0000100, 4) /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX */

/* The MSR is one of RR_STATE_MSRS. */
bool rr_msr_is_cpu_state(uint32_t index);

/*
 * MSRs of hypervisors, through which KVM would write guest memory or the clock.
 * CPUID shows no hypervisor, so both reads and writes raise #GP.
 */
bool rr_msr_is_paravirtual(uint32_t index);

/*
 * Registers of the x2APIC.  KVM's filter does not cover them; without an APIC
 * of its own KVM raises #GP for reads and writes, and nothing is logged.
 */
bool rr_msr_is_x2apic(uint32_t index);

/* What becomes of a guest's WRMSR.  The recorder asks KVM as the host does. */
enum rr_msr_write {
    RR_MSR_WRITE_KVM, /* KVM decides */
    RR_MSR_WRITE_FAULTS, /* the host alone may write it: #GP */
    RR_MSR_WRITE_IGNORED,
};

enum rr_msr_write rr_msr_write_rule(uint32_t index);

/*
 * Branch trace and single steps of branches (SDM volume 3, 18.4.1) in
 * MSR_IA32_DEBUGCTL: TCG has neither, so they stay off.
 */
#define RR_MSR_DEBUGCTL 0x1d9
#define RR_DEBUGCTL_OFF 3ull

/*
 * Instructions that wait for a time of the host's or read its counters, and
 * that QEMU has no names for: UMWAIT and TPAUSE, MONITORX and MWAITX, RDPRU.
 */
#define RR_7_0_ECX_WAITPKG (1u << 5)
#define RR_EXT3_MONITORX (1u << 29)
#define RR_8000_0008_EBX_RDPRU (1u << 4)

/*
 * The bits of a feature word (enum FeatureWord of QEMU) that no guest is shown,
 * because recorder and replayer cannot give it the same results.
 */
uint64_t rr_hidden_features(int word);

#endif
