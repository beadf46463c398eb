/*
 * rr-log dump: one line for each record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"
#include "common/logfmt/tool/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static gint64 count = -1;
static gint64 from;
static char *type_names;
static gboolean all_registers;
static gboolean as_json;

static const GOptionEntry options[] = {
	{ "count", 'c', 0, G_OPTION_ARG_INT64, &count,
	  "Stop after printing N records", "N" },
	{ "from", 'f', 0, G_OPTION_ARG_INT64, &from,
	  "Begin with record N (the first is 0)", "N" },
	{ "type", 't', 0, G_OPTION_ARG_STRING, &type_names,
	  "Only records of these types, as \"pio-read,dma\"", "NAME,..." },
	{ "registers", 'r', 0, G_OPTION_ARG_NONE, &all_registers,
	  "All registers of landmarks", NULL },
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json,
	  "One JSON object a line, with all registers and data", NULL },
	G_OPTION_ENTRY_NULL,
};

/* Which record types to print, by number. */
struct filter {
	bool wanted[UINT8_MAX + 1];
};

/* The number of the type of that name; 0 if there is none. */
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

static void tell_types(const char *name)
{
	unsigned int type;

	fprintf(stderr, "rr-log: no record type \"%s\"; there are", name);
	for (type = 1; type <= UINT8_MAX; type++) {
		if (rrlog_type_info(type))
			fprintf(stderr, " %s", rrlog_type_info(type)->name);
	}
	fprintf(stderr, "\n");
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
		tell_types(*name ? *name : "");
	g_strfreev(list);
	return type != 0;
}

static bool parse_filter(struct filter *filter)
{
	if (from < 0) {
		fprintf(stderr, "rr-log: --from is the number of a record, 0 "
				"or more\n");
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
		tool_add_record(b, number, rec, RRLOG_MAX_DATA_BYTES);
		tool_print_json(b, false);
		return;
	}
	g_string_truncate(line, 0);
	tool_append_record(line, number, rec, all_registers);
	puts(line->str);
}

/* 0, or the reader's error. */
static int dump(struct rrlog_reader *r, const struct filter *filter)
{
	GString *line = g_string_new(NULL);
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	gint64 printed = 0;
	int ret = from > 0 ? rrlog_reader_seek_record(r, (uint64_t)from) : 0;

	if (ret == -ERANGE)
		ret = 0; /* the reader is at the end; told later */
	while (ret >= 0 && (count < 0 || printed < count)) {
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

/* What is not an error, but that someone who sees less than asked for must
 * know. */
static int tell_end(const struct rrlog_reader *r)
{
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	if (rrlog_reader_torn_bytes(r))
		fprintf(stderr,
			"rr-log: %" PRIu64
			" bytes of a torn last frame left out\n",
			rrlog_reader_torn_bytes(r));
	if (count == 0 || (uint64_t)from <= p.record_count)
		return TOOL_OK;
	fprintf(stderr, "rr-log: the trace has only %" PRIu64 " records\n",
		p.record_count);
	return TOOL_FAILED;
}

int tool_dump(int argc, char **argv)
{
	struct rrlog_reader *r;
	struct filter filter;
	char *trace;
	int status, err;

	if (!tool_parse(argc, argv, options,
			"Prints one line for each record of a trace.", &trace))
		return TOOL_FAILED;
	if (!parse_filter(&filter))
		return TOOL_FAILED;
	r = tool_open(trace, &status);
	if (!r)
		return status;
	/* An image may be elsewhere; what it is about is in the record. */
	rrlog_reader_set_resolve(r, RRLOG_RESOLVE_BLOBS);
	err = dump(r, &filter);
	status = tool_finish();
	if (err)
		status = tool_fail(r, err);
	else if (!status)
		status = tell_end(r);
	rrlog_reader_close(r);
	return status;
}
