/*
 * rr-log dump: print one line for each record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/record-json.h"
#include "common/cli/record-text.h"
#include "common/cli/trace.h"
#include "common/logfmt/rrlog.h"
#include "common/logfmt/tool/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ALL G_MAXINT64

static gint64 count = ALL;
static gint64 from;
static char *type_names;
static gboolean all_registers;
static gboolean as_json;

static const GOptionEntry entries[] = {
	{ "count", 'c', 0, G_OPTION_ARG_INT64, &count,
	  "Stop after N printed records", "N" },
	{ "from", 'f', 0, G_OPTION_ARG_INT64, &from,
	  "Start at record N; the first is 0", "N" },
	{ "type", 't', 0, G_OPTION_ARG_STRING, &type_names,
	  "Print only these types of record, as \"pio-read,dma\"", "NAME,..." },
	{ "registers", 'r', 0, G_OPTION_ARG_NONE, &all_registers,
	  "Print all registers of landmarks", NULL },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json,
	  "Print one JSON object per line, with all registers and data", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE",
	.argument_count = 1,
	.summary = "Prints one line for each record of a trace.",
};

/* The record types to print, by number. */
struct filter {
	bool wanted[UINT8_MAX + 1];
};

/* Returns the number of the type with this name, or 0. */
static unsigned int find_type(const char *name)
{
	unsigned int type;

	for (type = 1; type <= UINT8_MAX; type++) {
		const struct rrlog_type_info *info = rrlog_type_info(type);

		if (info && !strcmp(info->name, name))
			return type;
	}
	return 0;
}

static void fail_type(const char *name)
{
	g_autoptr(GString) known = g_string_new(NULL);
	unsigned int type;

	for (type = 1; type <= UINT8_MAX; type++) {
		if (rrlog_type_info(type))
			g_string_append_printf(known, " %s",
					       rrlog_type_info(type)->name);
	}
	rr_fail("there is no record type \"%s\"; the types are:%s", name,
		known->str);
}

static bool parse_types(struct filter *filter, const char *names)
{
	char **list = g_strsplit(names, ",", -1);
	unsigned int type = 0;
	char **name;

	memset(filter, 0, sizeof(*filter));
	for (name = list; *name; name++) {
		type = find_type(*name);
		if (!type)
			break;
		filter->wanted[type] = true;
	}
	if (*name || name == list)
		fail_type(*name ? *name : "");
	g_strfreev(list);
	return type != 0;
}

static bool parse_filter(struct filter *filter)
{
	if (from < 0) {
		rr_fail("--from takes the number of a record, 0 or more");
		return false;
	}
	if (count < 0) {
		rr_fail("--count takes a number of records, 0 or more");
		return false;
	}
	if (type_names)
		return parse_types(filter, type_names);
	memset(filter->wanted, true, sizeof(filter->wanted));
	return true;
}

static void print_record(GString *line, uint64_t number,
			 const struct rrlog_record *rec)
{
	JsonBuilder *b;

	if (as_json) {
		b = json_builder_new();
		rr_json_add_record(b, number, rec, RRLOG_MAX_DATA_BYTES);
		rr_json_print(b, false);
		return;
	}
	g_string_truncate(line, 0);
	rr_record_text_line(line, number, rec, all_registers);
	puts(line->str);
}

/* Returns 0 or the reader's error. */
static int dump(struct rrlog_reader *r, const struct filter *filter)
{
	GString *line = g_string_new(NULL);
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	gint64 printed = 0;
	int ret = from > 0 ? rrlog_reader_seek_record(r, (uint64_t)from) : 0;

	if (ret == -ERANGE)
		ret = 0; /* the reader is at the end: report_end() says so */
	while (ret >= 0 && printed < count) {
		ret = rrlog_reader_next(r, &rec);
		if (ret <= 0 || ferror(stdout))
			break;
		rrlog_reader_position(r, &p);
		if (!filter->wanted[rec.type])
			continue;
		print_record(line, p.record_count - 1, &rec);
		printed++;
	}
	g_string_free(line, TRUE);
	return ret < 0 ? ret : 0;
}

/* Say why fewer records were printed than asked for; no damage is involved. */
static int report_end(const struct rrlog_reader *r)
{
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	if (rrlog_reader_torn_bytes(r))
		rr_message("left out the torn last frame, %" PRIu64 " bytes",
			   rrlog_reader_torn_bytes(r));
	if (count == 0 || (uint64_t)from <= p.record_count)
		return RR_EXIT_OK;
	return rr_fail("the trace has only %" PRIu64 " records",
		       p.record_count);
}

int cmd_dump(int argc, char **argv)
{
	struct rrlog_reader *r;
	struct filter filter;
	int status, err;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	if (!parse_filter(&filter))
		return RR_EXIT_FAILURE;
	r = rr_trace_open(argv[1], &status);
	if (!r)
		return status;
	/* The record names the bytes of an image, which need not be here. */
	rrlog_reader_set_fetch(r, RRLOG_FETCH_BLOBS);
	err = dump(r, &filter);
	status = rr_output_finish();
	if (err)
		status = rr_trace_fail(r, err);
	else if (!status)
		status = report_end(r);
	rrlog_reader_close(r);
	return status;
}
