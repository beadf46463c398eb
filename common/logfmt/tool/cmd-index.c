/*
 * rr-log index: make the index of a trace anew.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "common/cli/trace.h"
#include "common/logfmt/file/index-check.h"
#include "common/logfmt/tool/commands.h"

static const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };

static const struct rr_options options = {
	.entries = entries,
	.arguments = "TRACE",
	.argument_count = 1,
	.summary = "Makes the file \"index\" of a trace directory anew, if it "
		   "is missing or wrong.\nNothing else in the trace changes.",
};

int cmd_index(int argc, char **argv)
{
	struct rrlog_error error = { "" };
	struct rrlog_store store;
	int err;

	if (!rr_options_parse(&options, &argc, &argv))
		return RR_EXIT_FAILURE;
	err = rrlog_store_open(&store, argv[1], &error);
	if (!err)
		err = rrlog_index_rebuild(&store, &error);
	rrlog_store_close(&store);
	return err ? rr_trace_fail_text(error.text, err) : RR_EXIT_OK;
}
