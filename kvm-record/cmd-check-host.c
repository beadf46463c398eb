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
#include "common/silicon/silicon.h"
#include "kvm-record/commands.h"
#include "kvm-record/host/check.h"
#include "kvm-record/host/cpu-family.h"
#include "kvm-record/self-test.h"

#define DEFAULT_RECORDINGS 10
#define MAX_RECORDINGS 1000
#define DEFAULT_REPORT "rr-self-test.json"

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

static void add_checks(JsonBuilder *b, const struct host_check_result *r,
		       int count)
{
	int i;

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
}

/* The results, and those of the self-test unless @test is NULL. */
static JsonBuilder *build_json(const struct host_check_result *r, int count,
			       const struct self_test_options *o,
			       const struct self_test *test)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	add_checks(b, r, count);
	if (test)
		self_test_add_json(b, o, test);
	json_builder_end_object(b);
	return b;
}

static int print_table(void)
{
	g_autofree char *text = rr_cpu_family_table();

	fputs(text, stdout);
	return rr_output_finish();
}

struct options {
	gboolean json, verbose, table;
	struct self_test_options test; /* .count 0: no self-test */
	char *silicon, *report;
};

/* "--record" or "--record=N" */
static gboolean parse_count(const gchar *name, const gchar *value,
			    gpointer opaque, GError **error)
{
	struct options *o = opaque;
	guint64 count = DEFAULT_RECORDINGS;

	if (value && !g_ascii_string_to_unsigned(value, 10, 1, MAX_RECORDINGS,
						 &count, NULL)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "%s takes a number from 1 to %d", name,
			    MAX_RECORDINGS);
		return FALSE;
	}
	o->test.count = (int)count;
	return TRUE;
}

static gboolean parse_lab(const gchar *name, const gchar *value,
			  gpointer opaque, GError **error)
{
	struct options *o = opaque;

	(void)name;
	return lab_kind_parse(value, &o->test.lab, error);
}

static bool parse(int argc, char **argv, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &o->json,
		  "Print the results as JSON", NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &o->verbose,
		  "Print how long each check took", NULL },
		{ "table", 0, 0, G_OPTION_ARG_NONE, &o->table,
		  "Check nothing: print the processors that can record", NULL },
		{ "record", 0, G_OPTION_FLAG_OPTIONAL_ARG,
		  G_OPTION_ARG_CALLBACK, (void *)parse_count,
		  "Also record a small guest N times (10) and replay each",
		  "N" },
		{ "report", 0, 0, G_OPTION_ARG_FILENAME, &o->report,
		  "With --record: where the report goes (" DEFAULT_REPORT ")",
		  "FILE" },
		{ "lab", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK,
		  (void *)parse_lab,
		  "With --record: record in the lab, an emulated AMD host (amd) "
		  "or Intel host (intel)",
		  "KIND" },
		{ "silicon", 0, 0, G_OPTION_ARG_STRING, &o->silicon,
		  "With --record --lab: a processor of this family "
		  "(" SILICON_NAMES ")",
		  "NAME" },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.opaque = o,
		.description =
			"Exit status: 0 this host can record, 1 it "
			"cannot; with --record also 3: a replay diverged.",
	};

	if (!rr_options_parse(&options, &argc, &argv))
		return false;
	if (!o->test.count && (o->test.lab || o->silicon || o->report)) {
		rr_fail_usage("--lab, --silicon and --report need --record");
		return false;
	}
	if (o->silicon && o->test.lab != LAB_AMD) {
		rr_fail_usage("--silicon needs --lab=amd");
		return false;
	}
	if (o->silicon && !silicon_family(o->silicon)) {
		rr_fail_usage("%s", silicon_refusal(o->silicon));
		return false;
	}
	o->test.silicon = o->silicon;
	return true;
}

static void print_verdict(const struct self_test *test, const char *report)
{
	if (self_test_passed(test))
		printf("All %d recordings replay. Report: %s\n", test->count,
		       report);
	else
		printf("The self-test FAILED: please send the project the file "
		       "%s.\nIt has the versions, the processor and the "
		       "messages, and nothing of yours.\n",
		       report);
}

/* Exit status: that of the self-test. */
static int record(const struct options *o, const struct host_check_result *r,
		  int count)
{
	const char *report = o->report ? o->report : DEFAULT_REPORT;
	struct self_test test = { 0 };
	GError *error = NULL;
	int status;

	if (!self_test_run(&o->test, o->json, &test, &error) ||
	    !rr_json_write(build_json(r, count, &o->test, &test), report,
			   &error)) {
		status = rr_fail_error(error);
	} else {
		if (o->json)
			rr_json_print(build_json(r, count, &o->test, &test),
				      true);
		else
			print_verdict(&test, report);
		status = self_test_status(&test);
	}
	self_test_clear(&test);
	return rr_output_finish() ? RR_EXIT_FAILURE : status;
}

static int check(const struct options *o)
{
	struct host_check_result results[HOST_CHECK_MAX];
	int count = host_check_run(HOST_CHECK_TRIES, results);
	bool good = host_check_passed(results, count);

	if (!o->json)
		print_text(results, count, o->verbose);
	if (o->test.count && (good || o->test.lab))
		return record(o, results, count);
	if (o->json)
		rr_json_print(build_json(results, count, NULL, NULL), true);
	if (rr_output_finish() || !good)
		return RR_EXIT_FAILURE;
	return RR_EXIT_OK;
}

int cmd_check_host(int argc, char **argv)
{
	struct options o = { 0 };
	int status = RR_EXIT_FAILURE;

	if (parse(argc, argv, &o))
		status = o.table ? print_table() : check(&o);
	g_free(o.silicon);
	g_free(o.report);
	return status;
}
