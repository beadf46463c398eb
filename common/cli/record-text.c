/*
 * A record in words, and as JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"
#include "common/logfmt/tool/tool.h"

#include <inttypes.h>

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

static void append_hex(GString *out, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < count; i++) {
		g_string_append_c(out, digits[bytes[i] >> 4]);
		g_string_append_c(out, digits[bytes[i] & 15]);
	}
}

void tool_append_record(GString *out, uint64_t number,
			const struct rrlog_record *rec, bool all_registers)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	unsigned int i;

	g_string_append_printf(out, "%" PRIu64 " %s output=%" PRIu64, number,
			       info->name, rec->output_bytes);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		g_string_append_printf(out, "/%08" PRIx32, rec->output_hash);
		append_landmark(out, &rec->landmark, all_registers);
	}
	for (i = 0; i < info->field_count; i++)
		g_string_append_printf(out, " %s=0x%" PRIx64, info->fields[i],
				       rec->field[i]);
	if (!info->has_data)
		return;
	g_string_append_printf(out, " data[%zu]=", rec->data_bytes);
	append_hex(out, rec->data, MIN(rec->data_bytes, TOOL_DATA_BYTES));
	if (rec->data_bytes > TOOL_DATA_BYTES)
		g_string_append(out, "...");
}

/* ---- JSON ---- */

static void add_landmark(JsonBuilder *b, const struct rr_landmark *lm)
{
	char digest[20];
	unsigned int i;

	tool_add_u64(b, "branches", lm->branches);
	json_builder_set_member_name(b, "registers");
	json_builder_begin_object(b);
	for (i = 0; i < RR_REG_COUNT; i++)
		tool_add_hex(b, rr_reg_name((enum rr_reg)i), lm->regs[i]);
	json_builder_end_object(b);
	g_snprintf(digest, sizeof(digest), "%016" PRIx64,
		   rr_landmark_digest(lm));
	tool_add_string(b, "digest", digest);
}

static void add_data(JsonBuilder *b, const struct rrlog_record *rec,
		     size_t limit)
{
	GString *hex = g_string_new(NULL);

	append_hex(hex, rec->data, MIN(rec->data_bytes, limit));
	tool_add_u64(b, "data_bytes", rec->data_bytes);
	tool_add_string(b, "data", hex->str);
	g_string_free(hex, TRUE);
}

void tool_add_record(JsonBuilder *b, uint64_t number,
		     const struct rrlog_record *rec, size_t data_limit)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	unsigned int i;

	json_builder_begin_object(b);
	tool_add_u64(b, "record", number);
	tool_add_string(b, "type", info->name);
	tool_add_u64(b, "output_bytes", rec->output_bytes);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		tool_add_hex(b, "output_hash", rec->output_hash);
		add_landmark(b, &rec->landmark);
	}
	json_builder_set_member_name(b, "fields");
	json_builder_begin_object(b);
	for (i = 0; i < info->field_count; i++)
		tool_add_hex(b, info->fields[i], rec->field[i]);
	json_builder_end_object(b);
	if (info->has_data)
		add_data(b, rec, data_limit);
	json_builder_end_object(b);
}
