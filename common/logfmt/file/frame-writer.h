/*
 * Writing the frames of a file (FORMAT.md, "Frames").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FRAME_WRITER_H
#define RRLOG_FRAME_WRITER_H

#include "common/logfmt/base/buffer.h"
#include "common/logfmt/file/compress.h"
#include "common/logfmt/file/header.h"

struct rrlog_frame_writer {
	int fd;
	struct rrlog_compressor compressor;
	uint64_t offset; /* of the next frame */
	uint32_t chain; /* that it extends */
	uint64_t salt;
	uint64_t item_count; /* in the frames so far */
	bool sync; /* sync each frame to the disk */
	struct rrlog_buffer out; /* header and compressed bytes of a frame */
};

/**
 * Create the file @name in @dir_fd, with a header; @h as for
 * rrlog_write_header().  .compressor.codec is set before.
 */
int rrlog_frame_writer_create(struct rrlog_frame_writer *fw, int dir_fd,
			      const char *name, struct rrlog_file_header *h);

/* A frame to be written; .raw is not copied. */
struct rrlog_frame {
	enum rrlog_frame_kind kind;
	uint32_t item_count;
	uint64_t time_ns;
	uint64_t first_branches;
	const void *raw;
	size_t raw_bytes;
};

/** Write a frame.  After an error the file still ends with a whole frame. */
int rrlog_frame_write(struct rrlog_frame_writer *fw,
		      const struct rrlog_frame *frame);

/** Sync all frames, then mark the file as complete and sync that. */
int rrlog_frame_writer_complete(struct rrlog_frame_writer *fw);
/** Close the file and free the buffers. */
void rrlog_frame_writer_close(struct rrlog_frame_writer *fw);

#endif
