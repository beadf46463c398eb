/*
 * The start state's memory (FORMAT.md, "Pages").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_PAGES_H
#define RRLOG_PAGES_H

#include <glib.h>

#include "common/logfmt/data/manifest.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/file/frame-writer.h"

struct rrlog_page_place {
	uint32_t block;
	uint64_t page_index;
};

/* A page whose content is that of an earlier one. */
struct rrlog_page_reference {
	uint64_t content; /* ordinal of the page content in the file */
	struct rrlog_page_place place;
};

struct rrlog_page_writer {
	struct rrlog_frame_writer frames;
	GHashTable *contents; /* 128-bit hash of the content -> ordinal */
	GArray *references; /* struct rrlog_page_reference */
	struct rrlog_page_place places[RRLOG_FRAME_PAGES]; /* of this frame */
	uint8_t *pages; /* contents of this frame */
	uint32_t page_count;
	uint64_t content_count; /* of the whole file */
	struct rrlog_buffer raw;
};

/** @trace_id as in the manifest; close it in any case. */
int rrlog_page_writer_create(struct rrlog_page_writer *pw, int dir_fd,
			     enum rrlog_codec codec, const uint8_t *trace_id);
int rrlog_page_writer_put(struct rrlog_page_writer *pw,
			  const struct rrlog_page_place *place,
			  const void *page);
/** Write what is left and mark the file as complete. */
int rrlog_page_writer_finish(struct rrlog_page_writer *pw);
void rrlog_page_writer_close(struct rrlog_page_writer *pw);

/** Read all; every place is checked against the manifest's blocks. */
int rrlog_pages_read(const struct rrlog_store *store,
		     const struct rrlog_manifest *m, rrlog_page_fn *fn,
		     void *opaque, struct rrlog_error *error);

#endif
