/*
 * What the self-test says to whom it is sent: versions, processor, results, and
 * nothing of the user's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <sys/utsname.h>

#include "common/cli/version.h"
#include "common/silicon/probe.h"
#include "kvm-record/host/cpu-family.h"
#include "kvm-record/self-test.h"

/* The value of the first line "NAME : VALUE" of /proc/cpuinfo, or NULL. */
static char *cpuinfo(const char *name)
{
	g_autofree char *text = NULL;
	const char *at;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return NULL;
	at = strstr(text, name);
	at = at ? strchr(at, ':') : NULL;
	return at ? g_strstrip(g_strndup(at + 1, strcspn(at + 1, "\n"))) : NULL;
}

static void add_processor(JsonBuilder *b)
{
	struct rr_host_cpu cpu = rr_host_cpu();
	g_autofree char *model = cpuinfo("model name");
	g_autofree char *stepping = cpuinfo("stepping");
	g_autofree char *microcode = cpuinfo("microcode");

	json_builder_set_member_name(b, "processor");
	json_builder_begin_object(b);
	rr_json_add_string(b, "vendor", cpu.vendor);
	rr_json_add_u64(b, "family", cpu.family);
	rr_json_add_u64(b, "model", cpu.model);
	rr_json_add_string(b, "name", model);
	rr_json_add_string(b, "stepping", stepping);
	rr_json_add_string(b, "microcode", microcode);
	json_builder_end_object(b);
}

/* The rules that explain one flag. */
static void add_rules(JsonBuilder *b, const char *flag, uint32_t fit)
{
	unsigned int rule;

	json_builder_set_member_name(b, flag);
	json_builder_begin_array(b);
	for (rule = 0; rule < SILICON_RULES; rule++)
		if (fit & 1u << rule)
			json_builder_add_string_value(b,
						      silicon_rule_name(rule));
	json_builder_end_array(b);
}

/* {"SHL, 8 bits": {"AF": ["0"], "OF": []}}: what rows in families.c are made of. */
static void add_all_rules(JsonBuilder *b, const struct silicon_probe *probe)
{
	static const char *const names[] = {
		"CF", "PF", "AF", "ZF", "SF", "OF"
	};
	enum silicon_form form;
	unsigned int i, n;
	const char *name;

	json_builder_set_member_name(b, "rules");
	json_builder_begin_object(b);
	for (i = 0; (name = silicon_probe_insn(i, &form)); i++) {
		const uint32_t *fit = probe->fit[i];

		if (fit[0] == UINT32_MAX)
			continue;
		json_builder_set_member_name(b, name);
		json_builder_begin_object(b);
		for (n = 0; n < SILICON_PROBE_FLAGS; n++)
			if (silicon_undefined_flags(form) &
			    silicon_probe_flags[n])
				add_rules(b, names[n], fit[n]);
		json_builder_end_object(b);
	}
	json_builder_end_object(b);
}

static void add_silicon(JsonBuilder *b)
{
	struct silicon_probe probe;
	unsigned int i;

	silicon_probe(&probe);
	json_builder_set_member_name(b, "undefined-results");
	json_builder_begin_object(b);
	rr_json_add_string(b, "family",
			   probe.family ? probe.family->name : "unknown");
	rr_json_add_hex(b, "fingerprint", probe.fingerprint);
	rr_json_add_hex(b, "x87-fingerprint", probe.x87_fingerprint);
	rr_json_add_string(b, "nearest", probe.nearest->name);
	json_builder_set_member_name(b, "different");
	json_builder_begin_array(b);
	for (i = 0; i < probe.different_count; i++)
		json_builder_add_string_value(b, probe.different[i]);
	json_builder_end_array(b);
	add_all_rules(b, &probe);
	json_builder_end_object(b);
}

static void add_recording(JsonBuilder *b, const struct self_test_recording *r)
{
	g_auto(GStrv) lines = g_strsplit(r->report, "\n", -1);
	char **line;

	json_builder_begin_object(b);
	rr_json_add_u64(b, "bits", (uint64_t)r->bits);
	json_builder_set_member_name(b, "record-status");
	json_builder_add_int_value(b, r->record_status);
	json_builder_set_member_name(b, "replay-status");
	json_builder_add_int_value(b, r->replay_status);
	rr_json_add_double(b, "record-seconds", r->record_seconds);
	rr_json_add_double(b, "replay-seconds", r->replay_seconds);
	json_builder_set_member_name(b, "messages");
	json_builder_begin_array(b);
	for (line = lines; *line; line++)
		if (**line)
			json_builder_add_string_value(b, *line);
	json_builder_end_array(b);
	json_builder_end_object(b);
}

void self_test_add_json(JsonBuilder *b, const struct self_test_options *o,
			const struct self_test *t)
{
	struct utsname uts;
	int i;

	uname(&uts);
	rr_json_add_string(b, "version", RR_VERSION);
	rr_json_add_string(b, "kernel", uts.release);
	add_processor(b);
	add_silicon(b);
	json_builder_set_member_name(b, "self-test");
	json_builder_begin_object(b);
	rr_json_add_bool(b, "passed", self_test_passed(t));
	rr_json_add_bool(b, "lab", o->lab != LAB_NONE);
	rr_json_add_string(b, "lab-silicon", o->silicon);
	rr_json_add_u64(b, "asked", (uint64_t)o->count);
	json_builder_set_member_name(b, "recordings");
	json_builder_begin_array(b);
	for (i = 0; i < t->count; i++)
		add_recording(b, &t->recordings[i]);
	json_builder_end_array(b);
	json_builder_end_object(b);
}
