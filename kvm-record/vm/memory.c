/*
 * How much memory a machine has; see memory.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/vm/memory.h"

#include <string.h>

#define QEMU_DEFAULT_MIB 128

/* "512M", or a number of @unit_bytes; QEMU takes fractions: "0.5G". */
#define SIZE "([0-9.]+)([bkmgtpe]?)"
/* size=1G in a list, "size": 1048576 in JSON. */
#define SIZE_KEY "\\bsize\"?\\s*[:=]\\s*\"?" SIZE

static uint64_t size_mib(const char *number, const char *suffix,
			 uint64_t unit_bytes)
{
	static const char suffixes[] = "bkmgtpe";
	uint64_t bytes;

	if (*suffix) {
		const char *at = strchr(suffixes, g_ascii_tolower(*suffix));

		unit_bytes = 1ull << (10 * (at - suffixes));
	}
	bytes = (uint64_t)(g_ascii_strtod(number, NULL) * (double)unit_bytes);
	return (bytes + (1 << 20) - 1) >> 20;
}

/* The size that @pattern finds in @value; 0 if there is none. */
static uint64_t find_mib(const char *pattern, const char *value,
			 uint64_t unit_bytes)
{
	g_autoptr(GRegex)
		regex = g_regex_new(pattern, G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *number = NULL, *suffix = NULL;

	if (!g_regex_match(regex, value, 0, &match))
		return 0;
	number = g_match_info_fetch(match, 1);
	suffix = g_match_info_fetch(match, 2);
	return size_mib(number, suffix, unit_bytes);
}

/* "256", "size=1G,slots=2", "slots=2" (of another -m is the size) */
static uint64_t main_mib(const char *value, uint64_t before)
{
	uint64_t mib = find_mib("^" SIZE, value, 1 << 20);

	if (!mib)
		mib = find_mib(SIZE_KEY, value, 1 << 20);
	return mib ? mib : before;
}

uint64_t rr_vm_memory_mib(const struct rr_vm *vm)
{
	const struct rr_vm_option *option;
	uint64_t mib = QEMU_DEFAULT_MIB, of_objects = 0;
	guint i;

	for (i = 0; (option = rr_vm_option(vm, i)); i++) {
		if (!option->value)
			continue;
		if (!g_strcmp0(option->name, "m"))
			mib = main_mib(option->value, mib);
		else if (!g_strcmp0(option->name, "object"))
			of_objects += find_mib(SIZE_KEY, option->value, 1);
	}
	return mib + of_objects;
}
