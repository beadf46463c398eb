/*
 * Recording in the lab: an emulated host that has what this one lacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LAB_H
#define RR_LAB_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/vm/display.h"
#include "kvm-record/vm/record-options.h"
#include "kvm-record/vm/vm.h"

enum lab_kind { LAB_NONE, LAB_AMD, LAB_INTEL };

struct lab_options {
	enum lab_kind kind;
	bool deterministic; /* two recordings are the same */
	int seed; /* of the deterministic lab's random numbers; 0: none given */
	int memory_mib; /* of the lab; 0: as much as the guest and files need */
	const char *silicon; /* family of its processor, or NULL: TCG's own */
	const struct rr_display *display; /* of the machine, or NULL */
	char *const *args; /* more arguments for run.sh, or NULL */
};

/**
 * Which lab does @value of --lab name?  Without a value it is the AMD one.
 * False and @error for an unknown name.
 */
bool lab_kind_parse(const char *value, enum lab_kind *kind, GError **error);

/**
 * The command line that records @vm in the lab into @trace, whose directory
 * must exist.  NULL and @error where that is not possible.  Free it with
 * g_ptr_array_unref().
 */
GPtrArray *lab_command(const struct lab_options *lab, const char *trace,
		       const struct rr_record_options *options,
		       const struct rr_vm *vm, GError **error);

#endif
