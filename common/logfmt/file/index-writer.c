/*
 * Writing the file "index".  It is written during the recording, so that it
 * needs little memory and exists, except for the last frames, even if the
 * recorder is killed.  An error here does not fail the recording: a reader can
 * do without the index.
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
	/* The size of the file then bounds the memory of a reader. */
	iw->frames.compressor.codec = RRLOG_CODEC_NONE;
	return rrlog_frame_writer_create(&iw->frames, dir_fd, RRLOG_FILE_INDEX,
					 &h);
}

struct rrlog_frame_ref rrlog_index_ref(const struct rrlog_frame_writer *fw,
				       const struct rrlog_frame *frame)
{
	return (struct rrlog_frame_ref){
		.offset = fw->offset,
		.first_ordinal = fw->item_count,
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
		.raw = part->refs,
		.raw_bytes = part->count * sizeof(part->refs[0]),
	};

	if (part->count && iw->frames.fd >= 0 &&
	    rrlog_frame_write(&iw->frames, &frame))
		rrlog_frame_writer_close(&iw->frames);
	part->count = 0;
}

void rrlog_index_note(struct rrlog_index_writer *iw, enum rrlog_frame_kind kind,
		      const struct rrlog_frame_ref *ref)
{
	struct rrlog_index_part *part =
		kind == RRLOG_FRAME_EVENT_INDEX ? &iw->events : &iw->blobs;

	part->refs[part->count] = *ref;
	rrlog_frame_ref_swap(&part->refs[part->count]);
	if (++part->count == RRLOG_INDEX_FRAME_REFS)
		write_part(iw, kind, part);
}

void rrlog_index_writer_close(struct rrlog_index_writer *iw, bool clean)
{
	if (clean) {
		write_part(iw, RRLOG_FRAME_EVENT_INDEX, &iw->events);
		write_part(iw, RRLOG_FRAME_BLOB_INDEX, &iw->blobs);
	}
	if (clean && iw->frames.fd >= 0)
		(void)rrlog_frame_writer_complete(&iw->frames);
	rrlog_frame_writer_close(&iw->frames);
}
