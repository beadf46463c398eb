/*
 * Writing the file "index".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_INDEX_WRITER_H
#define RRLOG_INDEX_WRITER_H

#include "common/logfmt/file/frame-writer.h"
#include "common/logfmt/file/table.h"

/* Refs in a frame of the file "index". */
#define RRLOG_INDEX_FRAME_REFS 128

struct rrlog_index_writer {
	struct rrlog_frame_writer frames; /* .fd is -1 once writing failed */
	struct rrlog_index_part {
		struct rrlog_frame_ref refs[RRLOG_INDEX_FRAME_REFS];
		uint32_t count;
	} events, blobs;
};

/** Create the file in the directory @dir_fd; close it in any case. */
int rrlog_index_writer_create(struct rrlog_index_writer *iw, int dir_fd,
			      const uint8_t *trace_id);
/** The ref of @frame, which is about to be written with @fw. */
struct rrlog_frame_ref rrlog_index_ref(const struct rrlog_frame_writer *fw,
				       const struct rrlog_frame *frame);
/**
 * Add the ref of a frame that has been handed to the kernel.  @kind:
 * RRLOG_FRAME_EVENT_INDEX or RRLOG_FRAME_BLOB_INDEX.  The refs are written
 * RRLOG_INDEX_FRAME_REFS at a time.
 */
void rrlog_index_note(struct rrlog_index_writer *iw, enum rrlog_frame_kind kind,
		      const struct rrlog_frame_ref *ref);
/**
 * Write the remaining refs and mark the file as complete, if @clean; close it.
 */
void rrlog_index_writer_close(struct rrlog_index_writer *iw, bool clean);

#endif
