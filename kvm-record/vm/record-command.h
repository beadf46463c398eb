/*
 * The command line of the QEMU that records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_COMMAND_H
#define RR_RECORD_COMMAND_H

#include "kvm-record/vm/record-options.h"
#include "kvm-record/vm/vm.h"

/**
 * The command line of @qemu that records @vm into the directory @trace,
 * NULL-terminated.  Free it with g_ptr_array_unref().
 */
GPtrArray *rr_record_command(const char *qemu, const char *trace,
			     const struct rr_record_options *options,
			     const struct rr_vm *vm);

/**
 * The same for a machine that is ready to be recorded, and listens on @socket,
 * in QMP, for those who start and stop recordings.
 */
GPtrArray *rr_armed_command(const char *qemu, const char *socket,
			    const struct rr_record_options *options,
			    const struct rr_vm *vm);

#endif
