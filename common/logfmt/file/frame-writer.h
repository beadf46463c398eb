/*
 * Writing the frames of one file.
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
	uint64_t offset;
	uint32_t chain;
	uint64_t salt;
	uint64_t item_count;
	bool sync; /* each frame, to the disk */
	struct rrlog_buffer out;
};

/** Create the file; @h has the fields that rrlog_write_header() takes. */
int rrlog_frame_writer_create(struct rrlog_frame_writer *fw, int dir_fd,
			      const char *name, struct rrlog_file_header *h);

/* A frame to be written. */
struct rrlog_frame {
	enum rrlog_frame_kind kind;
	uint32_t item_count;
	uint64_t time_ns;
	uint64_t first_branches;
	const void *raw;
	size_t raw_bytes;
};

/** Write one frame; after an error the file still ends with a whole one. */
int rrlog_frame_write(struct rrlog_frame_writer *fw,
		      const struct rrlog_frame *frame);

/** Sync what was written, mark the file as complete, sync that. */
int rrlog_frame_writer_complete(struct rrlog_frame_writer *fw);
void rrlog_frame_writer_close(struct rrlog_frame_writer *fw);

#endif
