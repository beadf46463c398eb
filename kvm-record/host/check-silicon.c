/*
 * Which undefined results this processor gives.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>

#include <glib.h>

#include "common/silicon/probe.h"
#include "kvm-record/host/check-internal.h"

#define REMEDY                                                               \
	"a recording made here replays until the guest uses such a result; " \
	"send the project the line above and the first lines of /proc/cpuinfo"

/* "SHL, 8 bits; MUL" */
static char *names_of(const struct silicon_probe *probe)
{
	GString *names = g_string_new(NULL);
	unsigned int i;

	for (i = 0; i < probe->different_count; i++)
		g_string_append_printf(names, "%s%s", i ? "; " : "",
				       probe->different[i]);
	return g_string_free(names, FALSE);
}

void host_check_silicon(struct host_check_result *r, int tries)
{
	g_autofree char *names = NULL;
	struct silicon_probe probe;

	(void)tries;
	silicon_probe(&probe);
	if (probe.family) {
		host_check_set(r, HOST_CHECK_OK, NULL,
			       "undefined results as of %s (%s), fingerprint "
			       "%016" PRIx64 ", of x87 %016" PRIx64,
			       probe.family->title, probe.family->name,
			       probe.fingerprint, probe.x87_fingerprint);
		return;
	}
	names = names_of(&probe);
	host_check_set(r, HOST_CHECK_WARN, REMEDY,
		       "no known family gives the undefined results of this "
		       "processor, fingerprint %016" PRIx64
		       ", of x87 %016" PRIx64 "; from %s it differs in %s",
		       probe.fingerprint, probe.x87_fingerprint,
		       probe.nearest->name, names);
}
