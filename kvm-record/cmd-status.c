/*
 * rr-kvm status: what a machine of "rr-kvm run" does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>

#include "common/cli/json.h"
#include "common/cli/message.h"
#include "common/cli/options.h"
#include "kvm-record/commands.h"
#include "kvm-record/control.h"

static void print_text(const struct control_status *s)
{
	printf("recorder: %s\n", s->life);
	if (*s->trace)
		printf("trace:    %s\n", s->trace);
	printf("guest:    %s\n", s->guest);
	if (!s->segments)
		return;
	printf("segments: %" G_GINT64_FORMAT ", %.1f MiB\n", s->segments,
	       (double)s->bytes / (1 << 20));
	printf("covered:  the last %.1f s\n", (double)s->covered_ms / 1000);
	printf("pause:    %.3f s for the newest segment\n",
	       (double)s->pause_ms / 1000);
	if (*s->error)
		printf("error:    %s\n", s->error);
}

static void add_flight(JsonBuilder *b, const struct control_status *s)
{
	json_builder_set_member_name(b, "flight");
	json_builder_begin_object(b);
	rr_json_add_u64(b, "segments", (uint64_t)s->segments);
	rr_json_add_u64(b, "bytes", (uint64_t)s->bytes);
	rr_json_add_u64(b, "covered_ms", (uint64_t)s->covered_ms);
	rr_json_add_u64(b, "pause_ms", (uint64_t)s->pause_ms);
	rr_json_add_string(b, "error", *s->error ? s->error : NULL);
	json_builder_end_object(b);
}

static void print_json(const struct control_status *s)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	rr_json_add_string(b, "recorder", s->life);
	rr_json_add_string(b, "trace", *s->trace ? s->trace : NULL);
	rr_json_add_string(b, "guest", s->guest);
	if (s->segments)
		add_flight(b, s);
	json_builder_end_object(b);
	rr_json_print(b, true);
}

static int print_status(const char *machine, bool json)
{
	struct control_status status;
	GError *error = NULL;
	struct control *c = control_open(machine, &error);

	if (!c || !control_get_status(c, &status, &error)) {
		control_close(c);
		return rr_fail_error(error);
	}
	if (json)
		print_json(&status);
	else
		print_text(&status);
	control_status_clear(&status);
	control_close(c);
	return RR_EXIT_OK;
}

int cmd_status(int argc, char **argv)
{
	gboolean json = FALSE;
	const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE,
					   &json, "Print JSON", NULL },
					 G_OPTION_ENTRY_NULL };
	const struct rr_options options = {
		.entries = entries,
		.arguments = "TRACE",
		.argument_count = 1,
		.description = "Prints what the machine of rr-kvm run -o TRACE "
			       "does.",
	};

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	return print_status(argv[1], json);
}
