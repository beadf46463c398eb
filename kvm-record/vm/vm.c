/*
 * What is to be recorded; see vm.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/vm.h"

static void free_option(gpointer data)
{
	struct rr_vm_option *option = data;

	g_free(option->name);
	g_free(option->value);
	g_free(option);
}

struct rr_vm *rr_vm_new(void)
{
	struct rr_vm *vm = g_new0(struct rr_vm, 1);

	vm->options = g_ptr_array_new_with_free_func(free_option);
	return vm;
}

void rr_vm_free(struct rr_vm *vm)
{
	if (!vm)
		return;
	g_ptr_array_unref(vm->options);
	g_free(vm);
}

void rr_vm_add(struct rr_vm *vm, const char *name, const char *value)
{
	struct rr_vm_option *option = g_new0(struct rr_vm_option, 1);

	option->name = g_strdup(name);
	option->value = g_strdup(value);
	g_ptr_array_add(vm->options, option);
}

struct rr_vm *rr_vm_copy(const struct rr_vm *vm)
{
	struct rr_vm *copy = rr_vm_new();
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++)
		rr_vm_add(copy, option->name, option->value);
	return copy;
}

const struct rr_vm_option *rr_vm_option(const struct rr_vm *vm, guint i)
{
	return i < vm->options->len ? g_ptr_array_index(vm->options, i) : NULL;
}

void rr_vm_append_args(const struct rr_vm *vm, GPtrArray *out)
{
	const struct rr_vm_option *option;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		if (option->name)
			g_ptr_array_add(out,
					g_strconcat("-", option->name, NULL));
		if (option->value)
			g_ptr_array_add(out, g_strdup(option->value));
	}
}
