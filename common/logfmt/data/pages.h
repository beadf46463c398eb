/*
 * The memory of the start state (FORMAT.md, "Pages").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_PAGES_H
#define RRLOG_PAGES_H

#include <glib.h>

#include "common/logfmt/data/manifest.h"
#include "common/logfmt/file/frame-reader.h"
#include "common/logfmt/file/frame-writer.h"

struct rrlog_page_id {
	uint32_t block;
	uint64_t page_index;
};

/* A page with the same content as an earlier one. */
struct rrlog_page_reference {
	uint64_t content; /* ordinal of that content in the file */
	struct rrlog_page_id id;
};

struct rrlog_page_writer {
	struct rrlog_frame_writer frames;
	GHashTable *contents; /* 128-bit hash of a content: its ordinal */
	GArray *references; /* struct rrlog_page_reference */
	struct rrlog_page_id
		page_ids[RRLOG_FRAME_PAGES]; /* of the current frame */
	uint8_t *pages; /* contents for the current frame */
	uint32_t page_count;
	uint64_t content_count; /* in the whole file */
	struct rrlog_buffer raw;
};

/** Create "pages" in @dir_fd for the trace @trace_id; close it in any case. */
int rrlog_page_writer_create(struct rrlog_page_writer *pw, int dir_fd,
			     enum rrlog_codec codec, const uint8_t *trace_id);
/** Add a page, which is copied; pages of zeros are left out. */
int rrlog_page_writer_put(struct rrlog_page_writer *pw,
			  const struct rrlog_page_id *id, const void *page);
/** Write the remaining pages and mark the file as complete. */
int rrlog_page_writer_finish(struct rrlog_page_writer *pw);
void rrlog_page_writer_close(struct rrlog_page_writer *pw);

/**
 * Read all pages and hand each to @fn, checked; every page lies in a block of
 * @m.  Stops when @fn returns non-zero and returns that.
 */
int rrlog_pages_read(const struct rrlog_store *store,
		     const struct rrlog_manifest *m, rrlog_page_fn *fn,
		     void *opaque, struct rrlog_error *error);

#endif
