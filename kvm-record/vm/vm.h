/*
 * What is to be recorded: a machine, as QEMU's options.
 *
 * Producers make a struct rr_vm (qemu-args.c from a command line; lab-files.c
 * from another one), and record-command.c makes of it the command line of the
 * QEMU that records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_VM_H
#define RR_VM_H

#include <glib.h>

struct rr_vm_option {
	char *name; /* without "-"; NULL: a disk image, as first IDE disk */
	char *value; /* NULL: none */
};

typedef struct rr_vm {
	GPtrArray *options; /* struct rr_vm_option, in their order */
} rr_vm;

/** An empty machine. */
struct rr_vm *rr_vm_new(void);
/** Another one with the same options. */
struct rr_vm *rr_vm_copy(const struct rr_vm *vm);

void rr_vm_free(struct rr_vm *vm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rr_vm, rr_vm_free)

/** Add an option.  The texts are copied; @name or @value may be NULL. */
void rr_vm_add(struct rr_vm *vm, const char *name, const char *value);

/** Option @i; NULL behind the last. */
const struct rr_vm_option *rr_vm_option(const struct rr_vm *vm, guint i);

/** Append the options to @out, as QEMU's arguments (to be freed one by one). */
void rr_vm_append_args(const struct rr_vm *vm, GPtrArray *out);

#endif
