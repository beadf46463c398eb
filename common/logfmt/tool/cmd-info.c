/*
 * rr-log info: show the manifest of a trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/cli/json.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "common/cli/record-text.h"
#include "common/cli/trace.h"
#include "common/logfmt/rrlog.h"
#include "common/logfmt/tool/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUID_KEY "cpu.cpuid"
#define NOTE_PREFIX "note."
/*
 * The words of a struct kvm_cpuid_entry2: function, index, flags, eax, ebx,
 * ecx, edx, three of padding.
 */
#define CPUID_WORDS 10
enum { CPUID_FUNCTION = 0, CPUID_EAX = 3, CPUID_EBX, CPUID_ECX, CPUID_EDX };

static gboolean as_json;

static const GOptionEntry entries[] = {
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
	G_OPTION_ENTRY_NULL,
};

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE",
	.argument_count = 1,
	.summary = "Shows the manifest of a trace: what the recorder noted "
		   "about the machine, the\nhost and the recording.",
};

static bool find_leaf(const void *table, size_t bytes, uint32_t function,
		      uint32_t *leaf)
{
	size_t entry_bytes = CPUID_WORDS * sizeof(*leaf);
	size_t at;

	for (at = 0; at + entry_bytes <= bytes; at += entry_bytes) {
		unsigned int i;

		memcpy(leaf, (const uint8_t *)table + at, entry_bytes);
		for (i = 0; i < CPUID_WORDS; i++)
			leaf[i] = GUINT32_FROM_LE(leaf[i]);
		if (leaf[CPUID_FUNCTION] == function)
			return true;
	}
	return false;
}

/* "AuthenticAMD family 23 model 1 stepping 2, 31 leaves" */
static char *describe_cpuid(const void *table, size_t bytes)
{
	uint32_t leaf[CPUID_WORDS];
	uint32_t vendor[4] = { 0 };
	uint32_t version = 0, family, model;

	if (find_leaf(table, bytes, 0, leaf)) {
		vendor[0] = GUINT32_TO_LE(leaf[CPUID_EBX]);
		vendor[1] = GUINT32_TO_LE(leaf[CPUID_EDX]);
		vendor[2] = GUINT32_TO_LE(leaf[CPUID_ECX]);
	}
	if (find_leaf(table, bytes, 1, leaf))
		version = leaf[CPUID_EAX];
	family = version >> 8 & 15;
	model = version >> 4 & 15;
	if (family == 6 || family == 15)
		model |= version >> 12 & 0xf0;
	if (family == 15)
		family += version >> 20 & 255;
	if (!g_utf8_validate((const char *)vendor, -1, NULL))
		vendor[0] = 0;
	return g_strdup_printf("%s family %u model %u stepping %u, %zu leaves",
			       (const char *)vendor, family, model,
			       version & 15,
			       bytes / (CPUID_WORDS * sizeof(*leaf)));
}

/* The value of an entry, for people to read.  Free it with g_free(). */
static char *readable_entry(const struct rrlog_reader *r, const char *key)
{
	char *text;
	size_t bytes;
	void *table;

	if (g_str_has_prefix(key, NOTE_PREFIX))
		return g_strdup_printf("%zu bytes of text (--json prints it)",
				       strlen(rrlog_reader_manifest(r, key)));
	if (strcmp(key, CPUID_KEY) ||
	    rrlog_reader_manifest_bytes(r, key, &table, &bytes))
		return g_strdup(rrlog_reader_manifest(r, key));
	text = describe_cpuid(table, bytes);
	free(table);
	return text;
}

/* What was noted at the end, and whether the processor was another then. */
static void print_end(const struct rrlog_reader *r)
{
	g_autofree char *change = rr_processor_change_text(r);
	size_t i;

	for (i = 0; i < rrlog_reader_end_count(r); i++) {
		const char *key = rrlog_reader_end_key(r, i);

		printf("at the end, ");
		rr_print_safe(key);
		printf(": ");
		rr_print_safe(rrlog_reader_end(r, key));
		printf("\n");
	}
	if (!change)
		return;
	printf("the processor changed: ");
	rr_print_safe(change);
	printf("\n");
}

static void print_text(const struct rrlog_reader *r, const char *trace)
{
	struct rrlog_reader_position p;
	size_t i;

	rrlog_reader_position(r, &p);
	printf("trace: ");
	rr_print_safe(trace);
	printf("\nformat: %d\n", RRLOG_FORMAT_VERSION);
	if (rrlog_reader_is_complete(r))
		printf("state: complete, %" PRIu64 " records\n",
		       p.total_records);
	else
		printf("state: incomplete (being recorded, or cut off)\n");
	printf("events: %" PRIu64 " bytes\npages: %" PRIu64 " bytes\n",
	       p.file_bytes, p.pages_file_bytes);
	for (i = 0; i < rrlog_reader_block_count(r); i++) {
		const struct rrlog_block *block = rrlog_reader_block(r, i);

		printf("block %" PRIu32 ": ", block->id);
		rr_print_safe(block->name);
		printf(", %" PRIu64 " bytes\n", block->size_bytes);
	}
	for (i = 0; i < rrlog_reader_manifest_count(r); i++) {
		const char *key = rrlog_reader_manifest_key(r, i);
		char *value = readable_entry(r, key);

		rr_print_safe(key);
		printf(": ");
		rr_print_safe(value);
		printf("\n");
		g_free(value);
	}
	print_end(r);
}

static void add_blocks(JsonBuilder *b, const struct rrlog_reader *r)
{
	size_t i;

	json_builder_set_member_name(b, "blocks");
	json_builder_begin_array(b);
	for (i = 0; i < rrlog_reader_block_count(r); i++) {
		const struct rrlog_block *block = rrlog_reader_block(r, i);

		json_builder_begin_object(b);
		rr_json_add_u64(b, "id", block->id);
		rr_json_add_string(b, "name", block->name);
		rr_json_add_u64(b, "bytes", block->size_bytes);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static void add_entries(JsonBuilder *b, const struct rrlog_reader *r)
{
	size_t i;

	json_builder_set_member_name(b, "entries");
	json_builder_begin_object(b);
	for (i = 0; i < rrlog_reader_manifest_count(r); i++) {
		const char *key = rrlog_reader_manifest_key(r, i);

		rr_json_add_string(b, key, rrlog_reader_manifest(r, key));
	}
	json_builder_end_object(b);
}

static void add_end(JsonBuilder *b, const struct rrlog_reader *r)
{
	g_autofree char *change = rr_processor_change_text(r);
	size_t i;

	if (!rrlog_reader_end_count(r))
		return;
	json_builder_set_member_name(b, "end");
	json_builder_begin_object(b);
	for (i = 0; i < rrlog_reader_end_count(r); i++) {
		const char *key = rrlog_reader_end_key(r, i);

		rr_json_add_string(b, key, rrlog_reader_end(r, key));
	}
	json_builder_end_object(b);
	rr_json_add_bool(b, "processor_changed", change != NULL);
}

static void print_json(const struct rrlog_reader *r)
{
	JsonBuilder *b = json_builder_new();
	struct rrlog_reader_position p;

	rrlog_reader_position(r, &p);
	json_builder_begin_object(b);
	rr_json_add_u64(b, "format", RRLOG_FORMAT_VERSION);
	rr_json_add_bool(b, "complete", rrlog_reader_is_complete(r));
	if (rrlog_reader_is_complete(r))
		rr_json_add_u64(b, "records", p.total_records);
	rr_json_add_u64(b, "events_bytes", p.file_bytes);
	rr_json_add_u64(b, "pages_bytes", p.pages_file_bytes);
	add_blocks(b, r);
	add_entries(b, r);
	add_end(b, r);
	json_builder_end_object(b);
	rr_json_print(b, true);
}

int cmd_info(int argc, char **argv)
{
	struct rrlog_reader *r;
	int status;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	r = rr_trace_open(argv[1], &status);
	if (!r)
		return status;
	if (as_json)
		print_json(r);
	else
		print_text(r, argv[1]);
	status = rr_output_finish();
	rrlog_reader_close(r);
	return status;
}
