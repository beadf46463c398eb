/*
 * Writing the file "index".  It is written as the recording goes: the memory
 * for it is bounded, and a trace whose recorder was killed has one too, for
 * all but its last frames.  No error here is one of the trace: a reader does
 * without what is missing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/file/index-writer.h"

#include <string.h>
#include <unistd.h>

int rrlog_index_writer_create(struct rrlog_index_writer *iw, int dir_fd,
			      const uint8_t *trace_id)
{
	struct rrlog_file_header h = { .magic = RRLOG_MAGIC_INDEX };

	memcpy(h.trace_id, trace_id, sizeof(h.trace_id));
	/* A reader's memory is to be bounded by the size of the file. */
	iw->frames.compressor.codec = RRLOG_CODEC_NONE;
	return rrlog_frame_writer_create(&iw->frames, dir_fd, RRLOG_FILE_INDEX,
					 &h);
}

struct rrlog_frame_place rrlog_index_place(const struct rrlog_frame_writer *fw,
					   const struct rrlog_frame *frame)
{
	return (struct rrlog_frame_place){
		.offset = fw->offset,
		.first_item = fw->item_count,
		.first_branches = frame->first_branches,
		.time_ns = frame->time_ns,
		.chain = fw->chain,
	};
}

static void write_part(struct rrlog_index_writer *iw,
		       enum rrlog_frame_kind kind,
		       struct rrlog_index_part *part)
{
	struct rrlog_frame frame = {
		.kind = kind,
		.item_count = part->count,
		.raw = part->places,
		.raw_bytes = part->count * sizeof(part->places[0]),
	};

	if (part->count && iw->frames.fd >= 0 &&
	    rrlog_frame_write(&iw->frames, &frame))
		rrlog_frame_writer_close(&iw->frames);
	part->count = 0;
}

void rrlog_index_note(struct rrlog_index_writer *iw, enum rrlog_frame_kind kind,
		      const struct rrlog_frame_place *place)
{
	struct rrlog_index_part *part =
		kind == RRLOG_FRAME_EVENT_PLACES ? &iw->events : &iw->blobs;

	part->places[part->count] = *place;
	rrlog_place_swap(&part->places[part->count]);
	if (++part->count == RRLOG_INDEX_FRAME_PLACES)
		write_part(iw, kind, part);
}

void rrlog_index_writer_close(struct rrlog_index_writer *iw, bool clean)
{
	if (clean) {
		write_part(iw, RRLOG_FRAME_EVENT_PLACES, &iw->events);
		write_part(iw, RRLOG_FRAME_BLOB_PLACES, &iw->blobs);
	}
	if (clean && iw->frames.fd >= 0)
		(void)rrlog_frame_writer_complete(&iw->frames);
	rrlog_frame_writer_close(&iw->frames);
}
