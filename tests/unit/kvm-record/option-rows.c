/*
 * The recorder's options as the recorder sees them, and FORMAT.md's keys.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <string.h>

#include "kvm-record/vm/option-rows.h"
#include "kvm-record/vm/record-config.h"
#include "tests/tap.h"

static const struct rr_option_row *find(const char *property)
{
	size_t i;

	for (i = 0; i < rr_option_row_count; i++)
		if (!strcmp(rr_option_rows[i].property, property))
			return &rr_option_rows[i];
	ksft_bail_out("no property %s", property);
}

/* Writing one option must change that member and nothing else. */
static void test_flags(void)
{
	struct rr_record_config c = { 0 }, expected = { .fsync = true };
	bool good = rr_option_set_number(find("rr-fsync"), &c, 1);

	ksft_ok(good && !memcmp(&c, &expected, sizeof(c)) &&
			rr_option_get_number(find("rr-fsync"), &c) == 1 &&
			!rr_option_get_number(find("rr-images"), &c),
		"rr-fsync sets fsync");
	good = rr_option_set_number(find("rr-images"), &c, 1) &&
	       rr_option_set_number(find("rr-fsync"), &c, 0);
	ksft_ok(good && !c.fsync && c.refer_to_images,
		"rr-images sets refer_to_images");
	ksft_ok(!rr_option_set_number(find("rr-fsync"), &c, 2),
		"a flag is 0 or 1");
}

static void test_choice(void)
{
	const struct rr_option_row *clock = find("rr-clock");
	struct rr_record_config c = { 0 };

	ksft_ok(!strcmp(rr_option_get_choice(clock, &c), "ring"),
		"the clock is \"ring\" by default");
	ksft_ok(rr_option_set_choice(clock, &c, "exit") &&
			c.clock == RR_CLOCK_EXIT &&
			!strcmp(rr_option_get_choice(clock, &c), "exit"),
		"\"exit\" is RR_CLOCK_EXIT");
	ksft_ok(!rr_option_set_choice(clock, &c, "sundial") &&
			c.clock == RR_CLOCK_EXIT,
		"another name changes nothing");
}

static void test_number(void)
{
	const struct rr_option_row *epoch = find("rr-epoch-us");
	struct rr_record_config c = { 0 };

	ksft_ok(rr_option_set_number(epoch, &c, 1000000) &&
			c.epoch_us == 1000000 &&
			!rr_option_set_number(epoch, &c, 1000001) &&
			!rr_option_set_number(epoch, &c, 0) &&
			c.epoch_us == 1000000,
		"rr-epoch-us is from 1 to 1000000");
	ksft_ok(!rr_option_has_meaning(epoch, &c) &&
			rr_option_has_meaning(find("rr-clock"), &c),
		"it has no meaning with the clock \"ring\"");
	c.clock = RR_CLOCK_EPOCH;
	ksft_ok(rr_option_has_meaning(epoch, &c), "... but with \"epoch\"");
}

static void test_format(void)
{
	const char *top = g_getenv("RR_TOP");
	g_autofree char *path =
		g_build_filename(top ? top : ".", "FORMAT.md", NULL);
	g_autofree char *text = NULL;
	unsigned int count = 0, missing = 0;
	size_t i;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		ksft_bail_out("cannot read %s", path);
	for (i = 0; i < rr_option_row_count; i++) {
		const char *key = rr_option_rows[i].manifest_key;
		g_autofree char *quoted = key ? g_strdup_printf("`%s`", key) :
						NULL;

		if (!key)
			continue;
		count++;
		missing += !strstr(text, quoted);
	}
	ksft_ok(count && !missing, "FORMAT.md has the %u manifest keys", count);
}

int main(void)
{
	ksft_plan(3 + 3 + 3 + 1);
	test_flags();
	test_choice();
	test_number();
	test_format();
	return ksft_end();
}
