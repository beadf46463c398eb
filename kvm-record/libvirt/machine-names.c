/*
 * Machine types: which of QEMU's is the nearest one; see machine-names.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/machine-names.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* QEMU 10.0 has the machines of these versions (pc_piix.c, pc_q35.c). */
struct version {
	unsigned int major, minor;
};
static const struct version oldest = { 2, 4 }, newest = { 10, 0 };
/* The last version with this major number. */
static const unsigned int last_minor[] = { 0, 7, 12, 1, 2, 2, 2, 2, 2, 2, 0 };

static const struct {
	const char *end, *version;
} distributions[] = {
#define MACHINE(...) { __VA_ARGS__ },
#include "kvm-record/libvirt/machine-names.def"
};

static int compare(struct version a, struct version b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	return a.minor < b.minor ? -1 : a.minor > b.minor;
}

/* One that QEMU 10.0 has. */
static struct version clamp(struct version v)
{
	if (compare(v, oldest) < 0)
		return oldest;
	if (compare(v, newest) > 0)
		return newest;
	v.minor = MIN(v.minor, last_minor[v.major]);
	return v;
}

static struct version of_distribution(const char *end)
{
	struct version v = newest;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(distributions); i++)
		if (g_str_has_prefix(end, distributions[i].end))
			sscanf(distributions[i].version, "%u.%u", &v.major,
			       &v.minor);
	return v;
}

char *rr_machine_nearest(const char *name)
{
	struct version v = { 0, 0 };
	g_autofree char *own = NULL;
	const char *kind, *end;
	int n = 0;

	if (!g_str_has_prefix(name, "pc-"))
		return NULL;
	kind = g_str_has_prefix(name, "pc-q35-") ? "pc-q35" : "pc-i440fx";
	end = name + strlen("pc-");
	if (g_str_has_prefix(name, kind))
		end = name + strlen(kind) + 1;
	if (sscanf(end, "%u.%u%n", &v.major, &v.minor, &n) < 2 ||
	    (end[n] && end[n] != '.'))
		v = of_distribution(end);
	v = clamp(v);
	own = g_strdup_printf("%s-%u.%u", kind, v.major, v.minor);
	/* pc-q35-4.0.1 is the one with three numbers. */
	if (!strcmp(own, name) || !strcmp(name, "pc-q35-4.0.1"))
		return NULL;
	return g_steal_pointer(&own);
}
