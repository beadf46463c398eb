/*
 * From the user's QEMU arguments to those of a QEMU that records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_QEMU_ARGS_H
#define RR_QEMU_ARGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** False and @error where @args ask for what cannot be recorded. */
bool qemu_args_check(char *const *args, GError **error);

/* How the recorder writes. */
struct record_how {
	bool fsync; /* sync the trace to the disk all the time */
	bool refer_to_images; /* leave out what read-only images hold */
	const char *clock; /* "ring", "exit", "epoch"; NULL: as it comes */
	int epoch_us; /* 0: as it comes */
};

/** The whole command line, NULL-terminated: @qemu, ours, then @args. */
GPtrArray *qemu_args_for_record(const char *qemu, const char *trace,
				const struct record_how *how,
				char *const *args);

/** Guest memory that @args ask for. */
uint64_t qemu_args_memory_mib(char *const *args);

/** "-x", "--x" -> "x"; NULL if @arg is no option. */
const char *qemu_args_option(const char *arg);

#endif
