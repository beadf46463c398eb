/*
 * Writing and reading the frames of one file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FRAME_H
#define RRLOG_FRAME_H

#include "common/logfmt/file/compress.h"
#include "common/logfmt/base/io.h"
#include "common/logfmt/file/index.h"
#include "common/logfmt/file/store.h"

/* A growing array of bytes. */
struct rrlog_buffer {
	uint8_t *bytes;
	size_t used_bytes;
	size_t capacity_bytes;
};

/** Make room for @more_bytes after those used; 0 or -ENOMEM. */
int rrlog_buffer_reserve(struct rrlog_buffer *buffer, size_t more_bytes);
void rrlog_buffer_free(struct rrlog_buffer *buffer);

/* ---- writing ---- */

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

/** The salt of the frames of this trace. */
uint64_t rrlog_frame_salt(const uint8_t *trace_id);

/** Sync what was written, mark the file as complete, sync that. */
int rrlog_frame_writer_complete(struct rrlog_frame_writer *fw);
void rrlog_frame_writer_close(struct rrlog_frame_writer *fw);

/* ---- reading ---- */

struct rrlog_frame_reader {
	struct rrlog_member member;
	char name[RRLOG_NAME_BYTES];
	struct rrlog_file_start start;
	uint64_t salt; /* of each frame */
	struct rrlog_error *error;

	/* Before the next frame: */
	uint64_t offset;
	uint32_t chain;
	uint64_t next_item;
	uint64_t last_branches, last_time_ns; /* which do not fall */
	uint64_t torn_bytes;

	bool keep_table; /* note where frames begin, for seeking */
	struct rrlog_frame_table table;

	/* The current frame: */
	struct rrlog_frame_header header;
	uint64_t frame_offset;
	struct rrlog_buffer raw;
	struct rrlog_buffer stored;
};

/** Open the file and read its start; close it in any case. */
int rrlog_frame_reader_open(struct rrlog_frame_reader *fr,
			    const struct rrlog_store *store, const char *name,
			    const char *magic, struct rrlog_error *error);
void rrlog_frame_reader_close(struct rrlog_frame_reader *fr);
void rrlog_frame_reader_rewind(struct rrlog_frame_reader *fr);

/** Next frame into ->header and ->raw: 1; 0 at the end; negative on damage. */
int rrlog_frame_next(struct rrlog_frame_reader *fr);

/** The same in two steps: the header, and then what it announces. */
int rrlog_frame_next_header(struct rrlog_frame_reader *fr);
int rrlog_frame_load(struct rrlog_frame_reader *fr);

/** Fail with "NAME: offset N: what" for the current frame. */
int rrlog_frame_fail(struct rrlog_frame_reader *fr, int err, const char *what);

static inline bool
rrlog_frame_reader_is_complete(const struct rrlog_frame_reader *fr)
{
	return fr->start.state.state == RRLOG_STATE_COMPLETE;
}

#endif
