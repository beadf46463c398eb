/*
 * Recording in the lab: a QEMU that has what this host lacks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LAB_H
#define RR_LAB_H

#include <glib.h>
#include <stdbool.h>

#include "kvm-record/vm/qemu-args.h"

struct lab_options {
	bool deterministic;
	int seed; /* 0: none given */
	int memory_mib; /* 0: as much as it takes */
	char **args; /* more for run.sh, or NULL */
	struct record_how how;
};

/**
 * The command line that records @args in the lab into @trace, whose folder
 * must exist.  NULL and @error where it cannot be.
 */
GPtrArray *lab_command(const struct lab_options *options, const char *trace,
		       char *const *args, GError **error);

#endif
