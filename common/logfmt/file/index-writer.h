/*
 * Writing the file "index".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_INDEX_WRITER_H
#define RRLOG_INDEX_WRITER_H

#include "common/logfmt/file/frame-writer.h"
#include "common/logfmt/file/table.h"

/* Places in a frame of the file "index". */
#define RRLOG_INDEX_FRAME_PLACES 128

struct rrlog_index_writer {
	struct rrlog_frame_writer frames; /* ->fd is -1 once writing failed */
	struct rrlog_index_part {
		struct rrlog_frame_place places[RRLOG_INDEX_FRAME_PLACES];
		uint32_t count;
	} events, blobs;
};

int rrlog_index_writer_create(struct rrlog_index_writer *iw, int dir_fd,
			      const uint8_t *trace_id);
/** Where @frame will be; call it before the frame is written with @fw. */
struct rrlog_frame_place rrlog_index_place(const struct rrlog_frame_writer *fw,
					   const struct rrlog_frame *frame);
/**
 * A frame is with the kernel; its place goes there some time later.  @kind is
 * that of the frame of the index.
 */
void rrlog_index_note(struct rrlog_index_writer *iw, enum rrlog_frame_kind kind,
		      const struct rrlog_frame_place *place);
/** Write what is left, if @clean, and close. */
void rrlog_index_writer_close(struct rrlog_index_writer *iw, bool clean);

#endif
