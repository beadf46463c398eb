/*
 * A machine from the command line of QEMU; see qemu-args.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/qemu-args.h"

#include <stdbool.h>
#include <string.h>

#include "kvm-record/vm/qemu-options.h"

/* "-x", "--x" -> "x"; NULL for what is not an option, as "-" */
static const char *option_name(const char *arg)
{
	if (arg[0] != '-' || !arg[1])
		return NULL;
	return arg + (arg[1] == '-' ? 2 : 1);
}

/*
 * Whether the argument @next, which may be NULL, is the value of this option.
 */
static bool takes(const char *name, const char *next)
{
	const struct qemu_option *row = qemu_option_find(name);

	if (!next)
		return false;
	if (row)
		return row->value != QEMU_OPTION_NONE;
	/* A later QEMU may have options that are not in the table. */
	return !option_name(next);
}

int rr_qemu_args_split(int argc, char **argv, char ***qemu_args)
{
	int i;

	*qemu_args = NULL;
	for (i = 1; i < argc && !*qemu_args; i++)
		if (!strcmp(argv[i], "--"))
			*qemu_args = argv + i + 1;
	return *qemu_args ? i - 1 : argc;
}

struct rr_vm *rr_vm_from_qemu_args(char *const *args)
{
	struct rr_vm *vm = rr_vm_new();

	for (; *args; args++) {
		const char *name = option_name(*args);

		if (!name)
			rr_vm_add(vm, NULL, *args);
		else if (takes(name, args[1]))
			rr_vm_add(vm, name, *++args);
		else
			rr_vm_add(vm, name, NULL);
	}
	return vm;
}
