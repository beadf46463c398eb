/*
 * Records, end reasons and JSON as the programs print them, and QEMU's commas.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "common/cli/json.h"
#include "common/cli/qemu.h"
#include "common/cli/record-json.h"
#include "common/cli/record-text.h"
#include "tests/tap.h"
#include "tests/unit/cli/capture-util.h"

static const uint8_t data[20] = { 0xab, 0x01 };

static struct rrlog_record make_dma(void)
{
	struct rrlog_record rec = {
		.type = RRLOG_DMA,
		.stamp = RRLOG_AT_LANDMARK,
		.output_bytes = 5,
		.output_hash = 0xbeef,
		.data = data,
		.data_bytes = sizeof(data),
	};

	rec.landmark.branches = 77;
	rec.landmark.regs[RR_REG_RIP] = 0x1000;
	rec.dma.block = 0;
	rec.dma.offset = 0x20;
	return rec;
}

static void test_line(void)
{
	g_autoptr(GString) line = g_string_new(NULL);
	struct rrlog_record rec = make_dma();

	rr_record_text_line(line, 3, &rec, false);
	ksft_ok(g_str_has_prefix(line->str,
				 "3 dma output=5/0000beef branches=77 ") &&
			strstr(line->str, " rip=0x1000 ") &&
			!strstr(line->str, "rax") &&
			g_str_has_suffix(line->str,
					 " block=0x0 offset=0x20 data[20]="
					 "ab010000000000000000000000000000..."),
		"a line: %s", line->str);
	g_string_truncate(line, 0);
	rr_record_text_line(line, 3, &rec, true);
	ksft_ok(strstr(line->str, "rax=0x0") != NULL, "... with all registers");
}

static void test_brief(void)
{
	struct rrlog_record rec = make_dma();
	g_autofree char *text = NULL;

	/* As the replayer keeps them for its report. */
	rec.data = NULL;
	text = rr_record_text_brief(&rec);
	ksft_ok(!strcmp(text, "dma block=0x0 offset=0x20 data=20 bytes at "
			      "branch 77 rip 0x1000"),
		"in brief: %s", text);
	rec.type = 255;
	g_free(text);
	text = rr_record_text_brief(&rec);
	ksft_ok(text[0] == '?', "an unknown type: %s", text);
}

static void test_reasons(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i < 4; i++)
		for (j = 0; j < i; j++)
			same += !strcmp(rr_end_reason_text(i),
					rr_end_reason_text(j));
	ksft_ok(!same && !strcmp(rr_end_reason_text(99), rr_end_reason_text(0)),
		"each end reason has its text");
}

static int print_json(void *opaque)
{
	JsonBuilder *b = json_builder_new();
	struct rrlog_record rec = make_dma();

	(void)opaque;
	json_builder_begin_object(b);
	rr_json_add_u64(b, "small", 7);
	rr_json_add_u64(b, "large", UINT64_MAX);
	rr_json_add_hex(b, "address", 0x1f);
	rr_json_add_string(b, "none", NULL);
	rr_json_add_string(b, "evil", "\302\233");
	rr_json_add_bool(b, "good", true);
	json_builder_set_member_name(b, "rec");
	rr_json_add_record(b, 3, &rec, 2);
	json_builder_end_object(b);
	rr_json_print(b, false);
	return 0;
}

static void test_json(void)
{
	struct capture c = capture(print_json, NULL);

	ksft_ok(g_str_has_prefix(c.out,
				 "{\"small\":7,\"large\":"
				 "\"18446744073709551615\",\"address\":"
				 "\"0x1f\",\"none\":null,\"evil\":\"\\u009b\","
				 "\"good\":true,\"rec\":{\"record\":3,"
				 "\"type\":\"dma\","),
		"JSON: %s", g_strchomp(c.out));
	ksft_ok(strstr(c.out, "\"data_bytes\":20,\"data\":\"ab01\"}}") != NULL,
		"... with 2 bytes of data");
	capture_clear(&c);
}

static void check_escape(const char *text, const char *expected)
{
	g_autofree char *found = rr_qemu_escape(text);

	ksft_ok(!strcmp(found, expected), "\"%s\" is \"%s\"", text, found);
}

int main(void)
{
	ksft_plan(2 + 2 + 1 + 2 + 3);
	test_line();
	test_brief();
	test_reasons();
	test_json();
	check_escape("", "");
	check_escape("a,b", "a,,b");
	check_escape(",,", ",,,,");
	return ksft_end();
}
