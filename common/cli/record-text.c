/*
 * Records and end reasons in words; see record-text.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/record-text.h"

#include <inttypes.h>
#include <string.h>

static void append_landmark(GString *out, const struct rr_landmark *lm,
			    bool all_registers)
{
	unsigned int i;

	g_string_append_printf(out, " branches=%" PRIu64, lm->branches);
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (all_registers || i == RR_REG_RIP || i == RR_REG_RCX)
			g_string_append_printf(out, " %s=0x%" PRIx64,
					       rr_reg_name((enum rr_reg)i),
					       lm->regs[i]);
	}
	g_string_append_printf(out, " digest=%016" PRIx64,
			       rr_landmark_digest(lm));
}

static void append_fields(GString *out, const struct rrlog_record *rec,
			  const struct rrlog_type_info *info)
{
	unsigned int i;

	for (i = 0; i < info->field_count; i++)
		g_string_append_printf(out, " %s=0x%" PRIx64, info->fields[i],
				       rec->field[i]);
}

void rr_append_hex(GString *out, const void *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < count; i++) {
		g_string_append_c(out, digits[p[i] >> 4]);
		g_string_append_c(out, digits[p[i] & 15]);
	}
}

void rr_record_text_line(GString *out, uint64_t number,
			 const struct rrlog_record *rec, bool all_registers)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);

	g_string_append_printf(out, "%" PRIu64 " %s output=%" PRIu64, number,
			       info->name, rec->output_bytes);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		g_string_append_printf(out, "/%08" PRIx32, rec->output_hash);
		append_landmark(out, &rec->landmark, all_registers);
	}
	append_fields(out, rec, info);
	if (!info->has_data)
		return;
	g_string_append_printf(out, " data[%zu]=", rec->data_bytes);
	rr_append_hex(out, rec->data,
		      MIN(rec->data_bytes, RR_RECORD_TEXT_DATA_BYTES));
	if (rec->data_bytes > RR_RECORD_TEXT_DATA_BYTES)
		g_string_append(out, "...");
}

char *rr_record_text_brief(const struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	GString *out = g_string_new(info ? info->name : "?");

	if (info)
		append_fields(out, rec, info);
	if (rec->data_bytes)
		g_string_append_printf(out, " data=%zu bytes", rec->data_bytes);
	if (rec->stamp == RRLOG_AT_LANDMARK)
		g_string_append_printf(out,
				       " at branch %" PRIu64 " rip 0x%" PRIx64,
				       rec->landmark.branches,
				       rec->landmark.regs[RR_REG_RIP]);
	return g_string_free(out, FALSE);
}

const char *rr_end_reason_text(uint64_t reason)
{
	switch (reason) {
	case RRLOG_END_SHUTDOWN:
		return "the guest powered off";
	case RRLOG_END_STOPPED:
		return "stopped by the user";
	case RRLOG_END_ERROR:
		return "recording stopped by an error";
	default:
		return "no end record";
	}
}

char *rr_processor_change_text(const struct rrlog_reader *r)
{
	static const char *const keys[] = { "host.cpu", "host.microcode",
					    "cpu.silicon", "cpu.fingerprint" };
	GString *text = g_string_new(NULL);
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *start = rrlog_reader_manifest(r, keys[i]);
		const char *end = rrlog_reader_end(r, keys[i]);

		if (start && end && strcmp(start, end))
			g_string_append_printf(text, "%s%s %s, at the end %s",
					       text->len ? "; " : "", keys[i],
					       start, end);
	}
	return g_string_free(text, !text->len);
}
