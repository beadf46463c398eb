/*
 * rr-kvm check-host
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "kvm-record/commands.h"
#include "kvm-record/host/check.h"
#include "common/cli/commands.h"

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

static void add_string(JsonBuilder *b, const char *name, const char *value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_string_value(b, value);
}

static void print_json(const struct host_check_result *r, int count)
{
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;
	int i;

	json_builder_begin_object(b);
	json_builder_set_member_name(b, "can-record");
	json_builder_add_boolean_value(b, host_check_passed(r, count));
	json_builder_set_member_name(b, "checks");
	json_builder_begin_array(b);
	for (i = 0; i < count; i++) {
		json_builder_begin_object(b);
		add_string(b, "name", r[i].name);
		add_string(b, "status", json_words[r[i].status]);
		add_string(b, "reason", r[i].reason);
		add_string(b, "remedy", r[i].remedy);
		json_builder_set_member_name(b, "seconds");
		json_builder_add_double_value(b, r[i].seconds);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
	json_builder_end_object(b);
	root = json_builder_get_root(b);
	text = json_to_string(root, TRUE);
	puts(text);
}

int cmd_check_host(int argc, char **argv)
{
	gboolean json = FALSE, verbose = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json,
		  "print the results as JSON", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose,
		  "say how long each check took", NULL },
		G_OPTION_ENTRY_NULL
	};
	struct host_check_result results[HOST_CHECK_MAX];
	int count;

	if (!rr_tool_parse(&argc, &argv, NULL,
			   "Exit status: 0 this host can record, 1 it cannot.",
			   entries))
		return RR_EXIT_FAILURE;
	if (argc > 1)
		return rr_tool_fail("check-host takes no argument '%s' "
				    "(try --help)",
				    argv[1]);
	count = host_check_run(HOST_CHECK_TRIES, results);
	if (json)
		print_json(results, count);
	else
		print_text(results, count, verbose);
	return host_check_passed(results, count) ? RR_EXIT_OK : RR_EXIT_FAILURE;
}
