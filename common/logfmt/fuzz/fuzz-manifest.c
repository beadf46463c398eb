/*
 * Fuzz target: the manifest parser.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fuzz.h"
#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct rrlog_error error = { "" };
	struct rrlog_manifest m;
	size_t again_bytes;
	char *again;

	rrlog_manifest_init(&m);
	if (!rrlog_manifest_parse(&m, (const char *)data, bytes, "fuzz",
				  &error)) {
		again = rrlog_manifest_format(&m, &again_bytes);
		g_free(again);
	}
	rrlog_manifest_free(&m);
	return 0;
}
