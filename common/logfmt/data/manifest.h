/*
 * The manifest: what a trace says about itself (FORMAT.md, "Manifest").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_MANIFEST_H
#define RRLOG_MANIFEST_H

#include <glib.h>

#include "common/logfmt/base/error.h"
#include "common/logfmt/rrlog.h"

#define RRLOG_MANIFEST_MAX_BYTES (1u << 20)
#define RRLOG_MANIFEST_MAX_BRACKETS 4096
#define RRLOG_BLOCK_MAX_BYTES (UINT64_C(1) << 52)

struct rrlog_manifest {
	uint8_t trace_id[16];
	uint64_t pages_bytes; /* the pages file: its size ... */
	uint32_t pages_chain; /* ... and the checksum of its last frame */
	struct rrlog_block *blocks;
	size_t block_count;
	GPtrArray *keys; /* in order; the strings belong to ->values */
	GHashTable *values;
};

void rrlog_manifest_init(struct rrlog_manifest *m);
void rrlog_manifest_free(struct rrlog_manifest *m);

/** -EILSEQ: not UTF-8. */
int rrlog_manifest_set(struct rrlog_manifest *m, const char *key,
		       const char *value);
/** -EINVAL: impossible block; -EEXIST: two with one number. */
int rrlog_manifest_add_block(struct rrlog_manifest *m,
			     const struct rrlog_block *block);
const struct rrlog_block *
rrlog_manifest_find_block(const struct rrlog_manifest *m, uint32_t id);

/** The JSON text, to be g_free()d; NULL if it would be too large. */
char *rrlog_manifest_format(const struct rrlog_manifest *m, size_t *bytes);
int rrlog_manifest_parse(struct rrlog_manifest *m, const char *text,
			 size_t bytes, const char *name,
			 struct rrlog_error *error);

/** The checks on a manifest's size that keep the JSON parser's stack small. */
bool rrlog_manifest_is_flat(const char *text, size_t bytes);

#endif
