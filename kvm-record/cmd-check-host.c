/*
 * rr-kvm check-host: test whether this host can record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "common/cli/json.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/output.h"
#include "kvm-record/commands.h"
#include "kvm-record/host/check.h"
#include "kvm-record/host/cpu-family.h"

static const char *const words[] = { "ok", "FAIL", "skipped", "warning" };
static const char *const json_words[] = { "ok", "fail", "skipped", "warning" };

static void print_text(const struct host_check_result *r, int count,
		       bool verbose)
{
	int i;

	for (i = 0; i < count; i++) {
		printf("%-17s %-8s %s", r[i].name, words[r[i].status],
		       r[i].reason);
		if (r[i].status != HOST_CHECK_OK && r[i].remedy[0])
			printf(". Remedy: %s", r[i].remedy);
		if (verbose)
			printf(" [%.3f s]", r[i].seconds);
		putchar('\n');
	}
	puts(host_check_passed(r, count) ?
		     "This host can record." :
		     "This host cannot record; rr-kvm record --lab can.");
}

static void print_json(const struct host_check_result *r, int count)
{
	JsonBuilder *b = json_builder_new();
	int i;

	json_builder_begin_object(b);
	rr_json_add_bool(b, "can-record", host_check_passed(r, count));
	json_builder_set_member_name(b, "checks");
	json_builder_begin_array(b);
	for (i = 0; i < count; i++) {
		json_builder_begin_object(b);
		rr_json_add_string(b, "name", r[i].name);
		rr_json_add_string(b, "status", json_words[r[i].status]);
		rr_json_add_string(b, "reason", r[i].reason);
		rr_json_add_string(b, "remedy", r[i].remedy);
		rr_json_add_double(b, "seconds", r[i].seconds);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	json_builder_end_object(b);
	rr_json_print(b, true);
}

static int print_table(void)
{
	g_autofree char *text = rr_cpu_family_table();

	fputs(text, stdout);
	return rr_output_finish();
}

int cmd_check_host(int argc, char **argv)
{
	gboolean json = FALSE, verbose = FALSE, table = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json,
		  "Print the results as JSON", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
		  "Print how long each check took", NULL },
		{ "table", 0, 0, G_OPTION_ARG_NONE, &table,
		  "Check nothing: print the processors that can record", NULL },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.description = "Exit status: 0 this host can record, 1 it "
			       "cannot.",
	};
	struct host_check_result results[HOST_CHECK_MAX];
	int count;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	if (table)
		return print_table();
	count = host_check_run(HOST_CHECK_TRIES, results);
	if (json)
		print_json(results, count);
	else
		print_text(results, count, verbose);
	if (rr_output_finish() || !host_check_passed(results, count))
		return RR_EXIT_FAILURE;
	return RR_EXIT_OK;
}
