/*
 * rr-log dump: one line for each record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DATA_PREFIX_BYTES 16

static gint64 limit = -1;
static gint64 skip;
static char *type_name;
static gboolean all_registers;

static const GOptionEntry options[] = {
	{ "limit", 'n', 0, G_OPTION_ARG_INT64, &limit,
	  "Print at most N records", "N" },
	{ "skip", 's', 0, G_OPTION_ARG_INT64, &skip,
	  "Begin with record N (the first is 0)", "N" },
	{ "type", 't', 0, G_OPTION_ARG_STRING, &type_name,
	  "Only records of this type, as \"pio-read\"", "NAME" },
	{ "registers", 'r', 0, G_OPTION_ARG_NONE, &all_registers,
	  "All registers of landmarks", NULL },
	G_OPTION_ENTRY_NULL,
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

static void print_landmark(const struct rr_landmark *lm)
{
	unsigned int i;

	printf(" branches=%" PRIu64, lm->branches);
	for (i = 0; i < RR_REG_COUNT; i++) {
		if (all_registers || i == RR_REG_RIP || i == RR_REG_RCX)
			printf(" %s=0x%" PRIx64, rr_reg_name((enum rr_reg)i),
			       lm->regs[i]);
	}
	printf(" digest=%016" PRIx64, rr_landmark_digest(lm));
}

static void print_data(const struct rrlog_record *rec)
{
	const uint8_t *bytes = rec->data;
	size_t i;

	printf(" data[%zu]=", rec->data_bytes);
	for (i = 0; i < rec->data_bytes && i < DATA_PREFIX_BYTES; i++)
		printf("%02x", bytes[i]);
	if (rec->data_bytes > DATA_PREFIX_BYTES)
		printf("...");
}

static void print_record(uint64_t number, const struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	unsigned int i;

	printf("%" PRIu64 " %s output=%" PRIu64 "/%08" PRIx32, number,
	       info->name, rec->output_bytes, rec->output_hash);
	if (rec->stamp == RRLOG_AT_LANDMARK)
		print_landmark(&rec->landmark);
	for (i = 0; i < info->field_count; i++)
		printf(" %s=0x%" PRIx64, info->fields[i], rec->field[i]);
	if (info->has_data)
		print_data(rec);
	printf("\n");
}

static int dump(struct rrlog_reader *r, unsigned int type)
{
	struct rrlog_reader_position p;
	struct rrlog_record rec;
	gint64 printed = 0;
	int ret = skip ? rrlog_reader_seek_record(r, (uint64_t)skip) : 0;

	if (ret == -ERANGE)
		return 0;
	while (ret >= 0 && (limit < 0 || printed < limit)) {
		ret = rrlog_reader_next(r, &rec);
		if (ret <= 0 || ferror(stdout))
			break;
		rrlog_reader_position(r, &p);
		if (type && rec.type != type)
			continue;
		print_record(p.record_count - 1, &rec);
		printed++;
	}
	return ret < 0 ? ret : 0;
}

int tool_dump(int argc, char **argv)
{
	struct rrlog_reader *r;
	unsigned int type = 0;
	char *trace;
	int status, err;

	if (!tool_parse(argc, argv, options,
			"Prints one line for each record of a trace.", &trace))
		return TOOL_FAILED;
	if (skip < 0)
		skip = 0;
	if (type_name)
		type = find_type(type_name);
	if (type_name && !type) {
		fprintf(stderr, "rr-log: no record type \"%s\"\n", type_name);
		return TOOL_FAILED;
	}
	r = tool_open(trace, &status);
	if (!r)
		return status;
	/* An image may be elsewhere; what it is about is in the record. */
	rrlog_reader_set_resolve(r, RRLOG_RESOLVE_BLOBS);
	err = dump(r, type);
	status = tool_finish();
	if (err)
		status = tool_fail(r, err);
	else if (rrlog_reader_torn_bytes(r))
		fprintf(stderr, "rr-log: %" PRIu64
				" bytes of a torn last frame left out\n",
			rrlog_reader_torn_bytes(r));
	rrlog_reader_close(r);
	return status;
}
