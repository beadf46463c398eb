/*
 * The recorder's options: from the command line to -accel and to the lab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "kvm-record/vm/record-config.h"
#include "kvm-record/vm/record-options.h"
#include "tests/tap.h"

static bool parse(const char *line, struct rr_record_options *o)
{
	GOptionEntry entries[RR_RECORD_OPTION_COUNT + 1] = {
		G_OPTION_ENTRY_NULL
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autofree char *with_name = g_strconcat("test ", line, NULL);
	g_auto(GStrv) argv = g_strsplit_set(with_name, " ", -1);

	memset(o, 0, sizeof(*o));
	rr_record_options_entries(o, entries);
	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse_strv(context, &argv, NULL);
}

static void check_good(const char *line, const char *accel)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *again = NULL;
	struct rr_record_options o;
	bool good = parse(line, &o) && rr_record_options_check(&o, &error);

	rr_record_options_append_accel(&o, text);
	rr_record_options_append_args(&o, args);
	g_ptr_array_add(args, NULL);
	again = g_strjoinv(" ", (char **)args->pdata);
	ksft_ok(good && !strcmp(text->str, accel), "\"%s\" is \"%s\"", line,
		text->str);
	ksft_ok(!strcmp(again, line), "... and for the lab \"%s\"", again);
	rr_record_options_clear(&o);
}

static void check_wrong(const char *line, const char *reason)
{
	g_autoptr(GError) error = NULL;
	struct rr_record_options o;
	bool good = parse(line, &o) && rr_record_options_check(&o, &error);

	ksft_ok(!good && error && strstr(error->message, reason), "\"%s\": %s",
		line, error ? error->message : "accepted");
	rr_record_options_clear(&o);
}

int main(void)
{
	ksft_plan(10 + 5 + 1);
	check_good("", "");
	check_good("--fsync", ",rr-fsync=on");
	check_good("--fsync --refer-to-images", ",rr-fsync=on,rr-images=on");
	check_good("--clock ring", ",rr-clock=ring");
	check_good("--clock epoch --epoch-us 1000",
		   ",rr-clock=epoch,rr-epoch-us=1000");
	check_wrong("--clock sundial",
		    "--clock is one of ring, exit and epoch");
	check_wrong("--epoch-us 5", "needs --clock epoch");
	check_wrong("--clock exit --epoch-us 5", "needs --clock epoch");
	check_wrong("--clock epoch --epoch-us 1000001", "from 1 to 1000000");
	check_wrong("--clock epoch --epoch-us -1", "from 1 to 1000000");
	ksft_ok(RR_CLOCK_RING == 0 && RR_DEFAULT_epoch_us == 100,
		"the defaults: ring, 100 us");
	return ksft_end();
}
