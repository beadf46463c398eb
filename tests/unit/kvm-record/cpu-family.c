/*
 * The table of processor families: consistent, and the same as README's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm-record/host/cpu-family.h"
#include "tests/tap.h"

#define BEGIN "<!-- processors -->\n"
#define END "<!-- /processors -->"

static void check_decode(const char *what, const char *vendor, uint32_t version,
			 unsigned int family, unsigned int model)
{
	uint32_t leaf0[4] = { 0 }, leaf1[4] = { version };
	struct rr_host_cpu cpu;

	memcpy(&leaf0[1], vendor, 4);
	memcpy(&leaf0[3], vendor + 4, 4);
	memcpy(&leaf0[2], vendor + 8, 4);
	cpu = rr_host_cpu_decode(leaf0, leaf1);
	ksft_ok(!strcmp(cpu.vendor, vendor) && cpu.family == family &&
			cpu.model == model,
		"%s: %s family 0x%x model 0x%x", what, cpu.vendor, cpu.family,
		cpu.model);
}

/* @config 0: no row */
static void check_find(const char *vendor, unsigned int family,
		       unsigned int model, uint64_t config)
{
	struct rr_host_cpu cpu = { .family = family, .model = model };
	const struct rr_cpu_family *f;

	g_strlcpy(cpu.vendor, vendor, sizeof(cpu.vendor));
	f = rr_cpu_family_find(&cpu);
	ksft_ok(f ? f->config == config : !config,
		"%s family 0x%x model 0x%x: %s", vendor, family, model,
		f ? f->name : "no row");
}

static bool is_complete(const struct rr_cpu_family *f)
{
	return f->name && f->vendors[0] && f->family && f->event && f->config &&
	       f->source;
}

/* Each model of each row must lead to this row, so that none is in two. */
static void test_rows(void)
{
	const struct rr_cpu_family *f;
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; (f = rr_cpu_family_at(i)); i++) {
		const uint8_t *m;

		wrong += !is_complete(f);
		for (m = f->models; m && *m; m++) {
			struct rr_host_cpu cpu = { .family = f->family,
						   .model = *m };

			g_strlcpy(cpu.vendor, f->vendors[0],
				  sizeof(cpu.vendor));
			wrong += rr_cpu_family_find(&cpu) != f;
		}
	}
	ksft_ok(i >= 5 && !wrong, "%zu rows, complete and apart: %u wrong", i,
		wrong);
}

static void test_quirks(void)
{
	const struct rr_cpu_family *f;
	unsigned int wrong = 0, quirk;
	size_t i;

	for (i = 0; (f = rr_cpu_family_at(i)); i++)
		for (quirk = 1; quirk <= f->quirks; quirk <<= 1)
			wrong += (f->quirks & quirk) &&
				 !rr_quirk_remedy(quirk)[0];
	ksft_ok(!wrong, "each quirk has a remedy");
}

static void test_readme(void)
{
	const char *top = g_getenv("RR_TOP");
	g_autofree char *path =
		g_build_filename(top ? top : ".", "README.md", NULL);
	g_autofree char *table = rr_cpu_family_table();
	g_autofree char *text = NULL;
	char *begin, *end;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		ksft_bail_out("cannot read %s", path);
	begin = strstr(text, BEGIN);
	end = begin ? strstr(begin, END) : NULL;
	if (!end)
		ksft_bail_out("%s has no table of processors", path);
	*end = '\0';
	ksft_ok(!strcmp(begin + strlen(BEGIN), table),
		"README.md has what rr-kvm check-host --table prints");
}

int main(void)
{
	ksft_plan(4 + 10 + 3);
	check_decode("Skylake", "GenuineIntel", 0x000506e3, 6, 0x5e);
	check_decode("Sapphire Rapids", "GenuineIntel", 0x000806f8, 6, 0x8f);
	check_decode("Zen 3", "AuthenticAMD", 0x00a20f10, 0x19, 0x21);
	check_decode("K8", "AuthenticAMD", 0x00000f4a, 0xf, 4);
	check_find("GenuineIntel", 6, 0x5e, 0x1c4);
	check_find("GenuineIntel", 6, 0xa5, 0x1c4);
	check_find("GenuineIntel", 6, 0x8f, 0x11c4);
	check_find("GenuineIntel", 6, 0xbd, 0x100000011c4);
	check_find("GenuineIntel", 6, 0x5c, 0x7ec4);
	check_find("GenuineIntel", 6, 0, 0);
	check_find("GenuineIntel", 15, 0x5e, 0);
	check_find("AuthenticAMD", 0x17, 1, 0xd1);
	check_find("HygonGenuine", 0x18, 0, 0xd1);
	check_find("AuthenticAMD", 0x15, 2, 0);
	test_rows();
	test_quirks();
	test_readme();
	return ksft_end();
}
