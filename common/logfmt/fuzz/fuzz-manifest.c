/*
 * Fuzz target: the parser of the manifest.  A manifest that parses is formatted
 * and must parse again, unless it has become too large.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/fuzz/fuzz.h"

#include <stdlib.h>

#include "common/logfmt/data/manifest.h"

static int parse(struct rrlog_manifest *m, const char *text, size_t bytes)
{
	struct rrlog_error error = { "" };
	int err;

	rrlog_manifest_init(m);
	err = rrlog_manifest_parse(m, text, bytes, "fuzz", &error);
	if (err && !error.text[0])
		abort(); /* an error without a text */
	return err;
}

static void check_again(const struct rrlog_manifest *m)
{
	struct rrlog_manifest again;
	size_t bytes;
	char *text = rrlog_manifest_format(m, &bytes);

	if (!text)
		return;
	if (parse(&again, text, bytes) || again.block_count != m->block_count ||
	    again.keys->len != m->keys->len ||
	    again.pages_bytes != m->pages_bytes)
		abort();
	rrlog_manifest_free(&again);
	g_free(text);
}

static void parse_end(const char *text, size_t bytes)
{
	struct rrlog_error error = { "" };
	struct rrlog_manifest m;

	rrlog_manifest_init(&m);
	if (rrlog_manifest_parse_end(&m, text, bytes, "fuzz", &error) &&
	    !error.text[0])
		abort(); /* an error without a text */
	rrlog_manifest_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct rrlog_manifest m;

	if (!parse(&m, (const char *)data, bytes))
		check_again(&m);
	rrlog_manifest_free(&m);
	parse_end((const char *)data, bytes);
	return 0;
}
