/*
 * The family of processors whose undefined results TCG gives (common/silicon).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_CORE_SILICON_H
#define RR_CORE_SILICON_H

#include "common/silicon/silicon.h"
#include "common/silicon/tables.h"
#include "common/silicon/x87.h"

/*
 * NULL: TCG gives its own results, at no cost, and keeps no notes.  Set before
 * the first translation and then fixed, since translated code depends on it.
 */
extern const struct silicon_family *rr_silicon;

/*
 * Select the family @name ("x-silicon" of a CPU).  False with @errp set if
 * there is none of that name, or another was selected before: one process has
 * one family.
 */
bool rr_silicon_select(const char *name, Error **errp);

/* The last instruction that left flags undefined. */
struct rr_silicon_note {
    uint64_t eip;
    uint64_t form; /* enum silicon_form; SILICON_FORMS: there was none */
};

/*
 * For the replayer's report: keep a note of such instructions.  Set before the
 * family is selected; it costs two stores an instruction.
 */
extern bool rr_silicon_is_noting;
extern struct rr_silicon_note rr_silicon_note;

/* EIP of the last instruction that TCG has not, for the same report; or 0. */
extern uint64_t rr_illegal_eip;

/*
 * Does this machine's processor execute F2XM1, FSIN and their like, in place of
 * TCG's code?  rr_silicon_select() says yes for all families but TCG's.
 */
extern bool rr_x87_is_native;

/*
 * Not NULL: called in place of such an instruction, with its name; the
 * recording processor is of another kind.
 */
extern void (*rr_x87_stop)(CPUState *cpu, const char *insn);

/*
 * Instructions that CPUID hides, and that the selected processor executes all
 * the same: bits of enum silicon_hidden.  Set by rr_silicon_select().
 */
extern unsigned int rr_silicon_executes;

/*
 * Not NULL: called, with its name, where the guest executes one of
 * @rr_silicon_unknown_results, which is a subset.
 */
extern void (*rr_hidden_stop)(CPUState *cpu, const char *insn);
extern unsigned int rr_silicon_unknown_results;

/* Are RCPSS, RSQRTSS and their like read from tables? */
static inline bool rr_silicon_has_tables(void)
{
    return rr_silicon && rr_silicon->tables;
}

/* Are the corners that .amd_corners names those of AMD's processors? */
static inline bool rr_silicon_is_amd(void)
{
    return rr_silicon && rr_silicon->amd_corners;
}

/*
 * Do FXSAVE, XSAVE and FNSTENV write what an Intel processor writes?  The CPU
 * then keeps XINUSE, and FIP, FDP and FOP as such a processor does.
 */
static inline bool rr_silicon_has_images(void)
{
    return rr_silicon && rr_silicon->intel_images;
}

/* FOP has eleven bits (SDM vol. 1, 8.1.9). */
#define SILICON_FOP_MASK 0x7ff

#endif
