/*
 * The bytes of a trace that are not records: file headers, file states and
 * frame headers (FORMAT.md, "Files" and "Frames").  All little-endian;
 * checksums are CRC32C.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FORMAT_H
#define RRLOG_FORMAT_H

#include <stdint.h>

#include "common/logfmt/rrlog.h"

#define RRLOG_MAGIC_PAGES "\x89RRTPAG\n"
#define RRLOG_MAGIC_EVENTS "\x89RRTEVT\n"
#define RRLOG_MAGIC_INDEX "\x89RRTIDX\n"
#define RRLOG_MAGIC_BLOBS "\x89RRTBLB\n"
#define RRLOG_MAGIC_BYTES 8
#define RRLOG_FRAME_MAGIC UINT32_C(0x4d524652) /* "RFRM" */

#define RRLOG_FILE_MANIFEST "manifest"
#define RRLOG_FILE_PAGES "pages"
#define RRLOG_FILE_EVENTS "events"
#define RRLOG_FILE_INDEX "index"
#define RRLOG_FILE_BLOBS "blobs"

/* Features that a reader must know to read the file; others it may ignore. */
#define RRLOG_MUST_ZSTD (UINT64_C(1) << 0)
#define RRLOG_MUST_KNOWN RRLOG_MUST_ZSTD

/* A frame is closed when it holds this much before compression. */
#define RRLOG_FRAME_TARGET_BYTES (256u << 10)
/* No frame is larger: one short of full plus the largest record. */
#define RRLOG_FRAME_MAX_BYTES (RRLOG_MAX_DATA_BYTES + (1u << 20))

/* Pages in a frame of page contents. */
#define RRLOG_FRAME_PAGES 64

enum rrlog_frame_kind {
	RRLOG_FRAME_RECORDS = 1,
	RRLOG_FRAME_PAGE_CONTENTS = 2,
	RRLOG_FRAME_PAGE_REFERENCES = 3,
	RRLOG_FRAME_BLOB_BYTES = 4,
	RRLOG_FRAME_EVENT_PLACES = 5,
	RRLOG_FRAME_BLOB_PLACES = 6,
};

#define RRLOG_FRAME_OPTIONAL 1 /* flag: skip it if the kind is unknown */

/* First 64 bytes of a file, the same in every version; never changed. */
struct rrlog_file_header {
	uint8_t magic[RRLOG_MAGIC_BYTES];
	uint32_t version;
	uint32_t reserved_zero;
	uint64_t must_features;
	uint64_t may_features;
	uint8_t trace_id[16]; /* random, the same in all files of a trace */
	uint32_t manifest_checksum; /* events: of the manifest; else 0 */
	uint32_t reserved_zero_2[2];
	uint32_t checksum; /* of the 60 bytes before */
};

enum rrlog_file_state_value {
	RRLOG_STATE_OPEN = 0, /* being written, or the writer died */
	RRLOG_STATE_COMPLETE = 1,
};

/* The next 64 bytes; rewritten once, at the clean end. */
struct rrlog_file_state {
	uint8_t state;
	uint8_t reserved_zero[7];
	uint64_t total_bytes; /* of the file; this and the rest 0 while open */
	uint64_t total_items; /* records, page contents */
	uint32_t chain; /* checksum of the last frame */
	uint32_t reserved_zero_2[8];
	uint32_t checksum; /* of the 60 bytes before */
};

/* Before each frame's stored bytes. */
struct rrlog_frame_header {
	uint32_t magic;
	uint8_t kind;
	uint8_t codec;
	uint16_t flags;
	uint32_t raw_bytes;
	uint32_t stored_bytes;
	uint32_t item_count;
	uint32_t stored_checksum; /* of the stored bytes */
	uint64_t first_item; /* items of this file before this frame */
	uint64_t time_ns; /* host time since the writer started */
	uint64_t first_branches; /* highest branch count so far */
	uint64_t salt; /* first 8 bytes of the trace id */
	uint32_t chain; /* checksum of the frame before, or of the header */
	uint32_t checksum; /* of the 60 bytes before, continuing ->chain */
};

#define RRLOG_HEADER_BYTES 64
#define RRLOG_CHECKED_BYTES 60
#define RRLOG_FRAMES_OFFSET (2 * RRLOG_HEADER_BYTES)

_Static_assert(sizeof(struct rrlog_file_header) == RRLOG_HEADER_BYTES, "size");
_Static_assert(sizeof(struct rrlog_file_state) == RRLOG_HEADER_BYTES, "size");
_Static_assert(sizeof(struct rrlog_frame_header) == RRLOG_HEADER_BYTES, "size");

#endif
