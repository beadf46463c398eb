/*
 * The manifest, which describes the trace (FORMAT.md, "Manifest").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_MANIFEST_H
#define RRLOG_MANIFEST_H

#include <glib.h>

#include "common/logfmt/base/error.h"
#include "common/logfmt/rrlog.h"

/* The member "format". */
#define RRLOG_MANIFEST_FORMAT "rr trace"
#define RRLOG_MANIFEST_END_FORMAT "rr trace end"

#define RRLOG_MANIFEST_MAX_BYTES (1u << 20)
#define RRLOG_MANIFEST_MAX_BRACKETS 4096
#define RRLOG_BLOCK_MAX_BYTES (UINT64_C(1) << 52)

struct rrlog_manifest {
	uint8_t trace_id[16];
	uint64_t pages_bytes; /* size of the file "pages" */
	uint32_t pages_chain; /* chain value of its last frame */
	struct rrlog_block *blocks;
	size_t block_count;
	GPtrArray *keys; /* in order; .values owns the strings */
	GHashTable *values;
};

void rrlog_manifest_init(struct rrlog_manifest *m);
void rrlog_manifest_free(struct rrlog_manifest *m);

/** Set an entry; @key and @value are copied.  -EILSEQ: not UTF-8. */
int rrlog_manifest_set(struct rrlog_manifest *m, const char *key,
		       const char *value);
/** -EINVAL: impossible block; -EEXIST: there is one with this id. */
int rrlog_manifest_add_block(struct rrlog_manifest *m,
			     const struct rrlog_block *block);
/** The block with this id, or NULL. */
const struct rrlog_block *
rrlog_manifest_find_block(const struct rrlog_manifest *m, uint32_t id);

/** The JSON text, to be g_free()d; NULL if it would be too large. */
char *rrlog_manifest_format(const struct rrlog_manifest *m, size_t *bytes);
/**
 * Parse an untrusted manifest into the empty @m.  @name: of the file, for
 * @error.
 * -EBADMSG damaged, -EPROTONOSUPPORT of another version.
 */
int rrlog_manifest_parse(struct rrlog_manifest *m, const char *text,
			 size_t bytes, const char *name,
			 struct rrlog_error *error);

/**
 * The checksum of the entries: each key and each value, with a zero byte behind.
 */
uint32_t rrlog_manifest_entries_checksum(const struct rrlog_manifest *m);

/**
 * The same two for what is noted when a recording ends (FORMAT.md, "End of the
 * manifest"): trace id and entries, no blocks and pages.
 */
char *rrlog_manifest_format_end(const struct rrlog_manifest *m, size_t *bytes);
int rrlog_manifest_parse_end(struct rrlog_manifest *m, const char *text,
			     size_t bytes, const char *name,
			     struct rrlog_error *error);

/**
 * The size of the text and its brackets are within the limits of the format.
 */
bool rrlog_manifest_is_flat(const char *text, size_t bytes);

#endif
