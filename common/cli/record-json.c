/*
 * A record as JSON; see record-json.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/record-json.h"

#include <inttypes.h>

#include "common/cli/json.h"
#include "common/cli/record-text.h"

static void add_landmark(JsonBuilder *b, const struct rr_landmark *lm)
{
	char digest[20];
	unsigned int i;

	rr_json_add_u64(b, "branches", lm->branches);
	json_builder_set_member_name(b, "registers");
	json_builder_begin_object(b);
	for (i = 0; i < RR_REG_COUNT; i++)
		rr_json_add_hex(b, rr_reg_name((enum rr_reg)i), lm->regs[i]);
	json_builder_end_object(b);
	g_snprintf(digest, sizeof(digest), "%016" PRIx64,
		   rr_landmark_digest(lm));
	rr_json_add_string(b, "digest", digest);
}

static void add_data(JsonBuilder *b, const struct rrlog_record *rec,
		     size_t limit)
{
	GString *hex = g_string_new(NULL);

	rr_append_hex(hex, rec->data, MIN(rec->data_bytes, limit));
	rr_json_add_u64(b, "data_bytes", rec->data_bytes);
	rr_json_add_string(b, "data", hex->str);
	g_string_free(hex, TRUE);
}

void rr_json_add_record(JsonBuilder *b, uint64_t number,
			const struct rrlog_record *rec, size_t data_limit)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	unsigned int i;

	json_builder_begin_object(b);
	rr_json_add_u64(b, "record", number);
	rr_json_add_string(b, "type", info->name);
	rr_json_add_u64(b, "output_bytes", rec->output_bytes);
	if (rec->stamp == RRLOG_AT_LANDMARK) {
		rr_json_add_hex(b, "output_hash", rec->output_hash);
		add_landmark(b, &rec->landmark);
	}
	json_builder_set_member_name(b, "fields");
	json_builder_begin_object(b);
	for (i = 0; i < info->field_count; i++)
		rr_json_add_hex(b, info->fields[i], rec->field[i]);
	json_builder_end_object(b);
	if (info->has_data)
		add_data(b, rec, data_limit);
	json_builder_end_object(b);
}
