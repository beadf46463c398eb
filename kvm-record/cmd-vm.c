/*
 * rr-kvm vm: domains of libvirt that are recorded at each start.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/cli/options.h"
#include "kvm-record/commands.h"
#include "kvm-record/record-domain.h"

int cmd_vm(int argc, char **argv)
{
	gboolean strict = FALSE;
	gint vcpus = 0;
	char *uri = NULL, *traces = NULL;
	const GOptionEntry entries[] = {
		{ "connect", 'c', 0, G_OPTION_ARG_STRING, &uri, "Of libvirt",
		  "URI" },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &traces,
		  "The directory for its traces", "DIR" },
		{ "strict", 0, 0, G_OPTION_ARG_NONE, &strict,
		  "Fail if the domain has to be changed", NULL },
		{ "vcpus", 0, 0, G_OPTION_ARG_INT, &vcpus,
		  "1: record a domain with more vCPUs with one", "N" },
		G_OPTION_ENTRY_NULL
	};
	const struct rr_options options = {
		.entries = entries,
		.arguments = "enable NAME",
		.argument_count = 2,
		.description = "Defines the domain NAME-rr, which is NAME but "
			       "for what cannot be recorded.  Each of its\n"
			       "starts, by virsh or virt-manager, is recorded "
			       "into a trace of its own in DIR.",
	};
	int status = RR_EXIT_FAILURE;
	GError *error = NULL;

	if (rr_options_parse(&options, &argc, &argv)) {
		const struct record_domain_options o = {
			.domain = argv[2],
			.uri = uri,
			.strict = strict,
			.one_vcpu = vcpus == 1,
		};

		if (strcmp(argv[1], "enable") != 0)
			status = rr_fail_usage("unknown action '%s'", argv[1]);
		else if (vcpus && vcpus != 1)
			status = rr_fail_usage("--vcpus takes 1");
		else if (!traces)
			status = rr_fail_usage("-o DIR is missing");
		else if (record_domain_enable(&o, traces, &error))
			status = RR_EXIT_OK;
		else
			status = rr_fail_error(error);
	}
	g_free(uri);
	g_free(traces);
	return status;
}
