/*
 * The table of QEMU's options: consistent, and the same as QEMU's own, where
 * QEMU's source is unpacked ($RR_BUILD/qemu-src).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm-record/vm/qemu-options.h"
#include "tests/tap.h"

static void test_rows(void)
{
	const struct qemu_option *row;
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; (row = qemu_option_at(i)); i++)
		if (qemu_option_find(row->name) != row || row->name[0] == '-' ||
		    (row->refused && !row->refused[0])) {
			ksft_note("wrong row: %s", row->name);
			wrong++;
		}
	ksft_ok(i > 50 && !wrong, "%zu rows, each found by its name", i);
	ksft_ok(!qemu_option_find("frob") && !qemu_option_find(""),
		"what is not an option has no row");
}

static void test_reasons(void)
{
	ksft_ok(qemu_key_is_path("file") && qemu_key_is_path("romfile") &&
			!qemu_key_is_path("id"),
		"keys that are paths");
	ksft_ok(qemu_part_refused("netdev", "vhost=on") &&
			!qemu_part_refused("netdev", "vhost=off") &&
			qemu_part_refused("M", "accel=kvm") &&
			!qemu_part_refused("device", "accel=kvm") &&
			qemu_part_refused("object", "iothread") &&
			!qemu_part_refused("name", "iothread"),
		"parts of lists that are refused");
	ksft_ok(qemu_device_refused("vfio-pci") &&
			qemu_device_refused("ivshmem-plain") &&
			!qemu_device_refused("virtio-net-pci"),
		"devices that are refused");
}

/* An x86 machine has this option: DEF("NAME", HAS_ARG, ..., ARCHITECTURES). */
static bool is_x86(const char *definition)
{
	return strstr(definition, "QEMU_ARCH_ALL") ||
	       strstr(definition, "QEMU_ARCH_I386");
}

/* Returns how many options of the file are not as in the table. */
static unsigned int compare(const char *text, unsigned int *count)
{
	g_autoptr(GRegex) regex =
		g_regex_new("^DEF\\(\"([^\"]+)\",\\s*(HAS_ARG|0)\\s*,.*?\\)$",
			    G_REGEX_MULTILINE | G_REGEX_DOTALL, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	unsigned int wrong = 0;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *all = g_match_info_fetch(match, 0);
		g_autofree char *name = g_match_info_fetch(match, 1);
		g_autofree char *arg = g_match_info_fetch(match, 2);
		const struct qemu_option *row = qemu_option_find(name);

		if (!is_x86(all))
			continue;
		++*count;
		if (row &&
		    (row->value != QEMU_OPTION_NONE) == !strcmp(arg, "HAS_ARG"))
			continue;
		ksft_note("-%s (%s) is not so in the table", name, arg);
		wrong++;
	}
	return wrong;
}

static void test_qemu(void)
{
	const char *build = g_getenv("RR_BUILD");
	g_autofree char *path = g_build_filename(
		build ? build : "build", "qemu-src", "qemu-options.hx", NULL);
	g_autofree char *text = NULL;
	unsigned int count = 0, wrong;

	if (!g_file_get_contents(path, &text, NULL, NULL)) {
		ksft_skip("QEMU's own table: there is no %s", path);
		return;
	}
	wrong = compare(text, &count);
	ksft_ok(count > 90 && !wrong, "QEMU's %u options: %u not in the table",
		count, wrong);
}

int main(void)
{
	ksft_plan(6);
	test_rows();
	test_reasons();
	test_qemu();
	return ksft_end();
}
