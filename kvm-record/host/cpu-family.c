/*
 * The processor families that can record; see cpu-family.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/host/cpu-family.h"

#include <cpuid.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>

#define INTEL "GenuineIntel"
#define AMD "AuthenticAMD"
#define HYGON "HygonGenuine"

#define TWO_KINDS "with two kinds of core QEMU stays on the big ones"

static const uint8_t nehalem_to_comet_lake[] = {
	0x1a, 0x1e, 0x1f, 0x2e, /* Nehalem */
	0x25, 0x2c, 0x2f, /* Westmere */
	0x2a, 0x2d, 0x3a, 0x3e, /* Sandy, Ivy Bridge */
	0x3c, 0x3f, 0x45, 0x46, /* Haswell */
	0x3d, 0x47, 0x4f, 0x56, /* Broadwell */
	0x4e, 0x5e, 0x55, 0x8e, 0x9e, 0x66, /* Skylake .. Cannon Lake */
	0xa5, 0xa6, 0 /* Comet Lake */
};
static const uint8_t ice_lake_to_granite_rapids[] = {
	0x7d, 0x7e, 0x6a, 0x6c, 0x9d, /* Ice Lake */
	0x8c, 0x8d, 0xa7, /* Tiger, Rocket Lake */
	0x97, 0x9a, 0xb7, 0xba, 0xbf, /* Alder, Raptor Lake */
	0xaa, 0xac, /* Meteor Lake */
	0x8f, 0xcf, 0xad, 0xae, 0 /* Sapphire .. Granite Rapids */
};
static const uint8_t lunar_lake_arrow_lake[] = { 0xbd, 0xb5, 0xc5, 0xc6, 0 };
static const uint8_t silvermont_to_crestmont[] = {
	0x37, 0x4a, 0x4c, 0x4d, 0x5a, 0x5d, /* Silvermont, Airmont */
	0x5c, 0x5f, 0x7a, /* Goldmont */
	0x86, 0x96, 0x9c, /* Tremont */
	0xbe, 0xaf, 0xb6, 0 /* Gracemont, Crestmont */
};

/*
 * To count are all retired conditional branches, taken or not.  Of Intel's
 * event C4, unit mask 01 is that up to Comet Lake, but only the taken ones from
 * Ice Lake on, where 11 is both.
 *
 * There is no column for the skid of an overflow: the recorder reads counters
 * where the guest has stopped anyway, and never arms one to overflow.
 */
static const struct rr_cpu_family families[] = {
	{
		.name = "Intel Nehalem to Comet Lake",
		.vendors = { INTEL },
		.family = 6,
		.models = nehalem_to_comet_lake,
		.event = "BR_INST_RETIRED.CONDITIONAL",
		.config = 0x01c4,
		.quirks = RR_QUIRK_SMI,
		.note = "from Comet Lake on: `freeze_on_smi`",
		.source = "Intel's perfmon event lists (NHM to CNL)",
	},
	{
		.name = "Intel Ice Lake to Meteor Lake, Sapphire to Granite "
			"Rapids",
		.vendors = { INTEL },
		.family = 6,
		.models = ice_lake_to_granite_rapids,
		.event = "BR_INST_RETIRED.COND",
		.config = 0x11c4,
		.quirks = RR_QUIRK_SMI | RR_QUIRK_HYBRID,
		.note = TWO_KINDS,
		.source = "Intel's perfmon event lists (ICL to GNR)",
	},
	{
		.name = "Intel Lunar Lake, Arrow Lake",
		.vendors = { INTEL },
		.family = 6,
		.models = lunar_lake_arrow_lake,
		.event = "BR_INST_RETIRED.COND",
		.config = 0x100000011c4,
		.quirks = RR_QUIRK_SMI | RR_QUIRK_HYBRID,
		.note = TWO_KINDS,
		.source = "Intel's perfmon event lists (LNL, ARL)",
	},
	{
		.name = "Intel Silvermont to Crestmont (Atom)",
		.vendors = { INTEL },
		.family = 6,
		.models = silvermont_to_crestmont,
		.event = "BR_INST_RETIRED.COND",
		.config = 0x7ec4,
		.quirks = RR_QUIRK_SMI,
		.source = "Intel's perfmon event lists (SLM to CMT)",
	},
	{
		.name = "AMD Zen, Hygon (family 17h on)",
		.vendors = { AMD, HYGON },
		.family = 0x17,
		.later_families = true,
		.event = "RETIRED_CONDITIONAL_BRANCH_INSTRUCTIONS",
		.config = 0xd1,
		.quirks = RR_QUIRK_SPEC_LOCK_MAP,
		.note = "SpecLockMap off: bit 54 of MSR 0xC0011020",
		.source = "AMD's Processor Programming References, PMCx0D1",
	},
};

const struct rr_cpu_family *rr_cpu_family_at(size_t i)
{
	return i < G_N_ELEMENTS(families) ? &families[i] : NULL;
}

static bool has_vendor(const struct rr_cpu_family *f, const char *vendor)
{
	return !strcmp(f->vendors[0], vendor) ||
	       (f->vendors[1] && !strcmp(f->vendors[1], vendor));
}

static bool has_model(const struct rr_cpu_family *f, unsigned int model)
{
	const uint8_t *m;

	if (!f->models)
		return true;
	for (m = f->models; *m; m++)
		if (*m == model)
			return true;
	return false;
}

const struct rr_cpu_family *rr_cpu_family_find(const struct rr_host_cpu *cpu)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(families); i++) {
		const struct rr_cpu_family *f = &families[i];

		if (has_vendor(f, cpu->vendor) &&
		    (cpu->family == f->family ||
		     (f->later_families && cpu->family > f->family)) &&
		    has_model(f, cpu->model))
			return f;
	}
	return NULL;
}

const char *rr_quirk_remedy(enum rr_cpu_quirk quirk)
{
	switch (quirk) {
	case RR_QUIRK_SPEC_LOCK_MAP:
		return "turn SpecLockMap off: set bit 54 of MSR 0xC0011020 on "
		       "every CPU (modprobe msr; wrmsr)";
	case RR_QUIRK_SMI:
		return "echo 1 > /sys/devices/cpu/freeze_on_smi";
	case RR_QUIRK_HYBRID:
		return "stay on one kind of core";
	}
	return "";
}

/* Family and model: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E. */
struct rr_host_cpu rr_host_cpu_decode(const uint32_t leaf0[4],
				      const uint32_t leaf1[4])
{
	struct rr_host_cpu cpu = { 0 };
	uint32_t version = leaf1[0];

	memcpy(cpu.vendor, &leaf0[1], 4);
	memcpy(cpu.vendor + 4, &leaf0[3], 4);
	memcpy(cpu.vendor + 8, &leaf0[2], 4);
	cpu.family = version >> 8 & 15;
	cpu.model = version >> 4 & 15;
	if (cpu.family == 15 || cpu.family == 6)
		cpu.model |= version >> 12 & 0xf0;
	if (cpu.family == 15)
		cpu.family += version >> 20 & 0xff;
	return cpu;
}

struct rr_host_cpu rr_host_cpu(void)
{
	uint32_t leaf[2][4] = { { 0 }, { 0 } };
	uint32_t i;

	for (i = 0; i < 2; i++)
		__get_cpuid(i, &leaf[i][0], &leaf[i][1], &leaf[i][2],
			    &leaf[i][3]);
	return rr_host_cpu_decode(leaf[0], leaf[1]);
}

/* "01c4", or "1000000 11c4" where there are bits above event and unit mask. */
static void append_config(GString *out, uint64_t config)
{
	uint64_t high = config >> 16;

	if (high)
		g_string_append_printf(out, "%" PRIx64 " ", high);
	g_string_append_printf(out, config >> 8 ? "%04" PRIx64 : "%02" PRIx64,
			       config & 0xffff);
}

char *rr_cpu_family_table(void)
{
	GString *out = g_string_new("| processor | event | to know |\n"
				    "|---|---|---|\n");
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(families); i++) {
		const struct rr_cpu_family *f = &families[i];

		g_string_append_printf(out, "| %s | ", f->name);
		append_config(out, f->config);
		g_string_append_printf(out, " | %s%s|\n",
				       f->note ? f->note : "",
				       f->note ? " " : "");
	}
	return g_string_free(out, FALSE);
}
