/*
 * File headers, file states and frame headers, as they are in a trace
 * (FORMAT.md, "Files of frames").  All integers are little-endian; checksums
 * are CRC32C.
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
#define RRLOG_FILE_MANIFEST_END "manifest-end"
#define RRLOG_FILE_PAGES "pages"
#define RRLOG_FILE_EVENTS "events"
#define RRLOG_FILE_INDEX "index"
#define RRLOG_FILE_BLOBS "blobs"

/* Bits of must_features; a reader refuses a file with an unknown one. */
#define RRLOG_MUST_ZSTD (UINT64_C(1) << 0)
#define RRLOG_MUST_TLB_FLUSHES (UINT64_C(1) << 1)
#define RRLOG_MUST_PTE_BITS (UINT64_C(1) << 2)
#define RRLOG_MUST_LATE_START (UINT64_C(1) << 3)
#define RRLOG_MUST_WORDS (UINT64_C(1) << 4)
#define RRLOG_MUST_KNOWN                                                  \
	(RRLOG_MUST_ZSTD | RRLOG_MUST_TLB_FLUSHES | RRLOG_MUST_PTE_BITS | \
	 RRLOG_MUST_LATE_START | RRLOG_MUST_WORDS)

/* A writer closes a frame that holds this much before compression. */
#define RRLOG_FRAME_TARGET_BYTES (256u << 10)
/* The largest frame: one that is nearly full, plus the largest record. */
#define RRLOG_FRAME_MAX_BYTES (RRLOG_MAX_DATA_BYTES + (1u << 20))

/* A writer closes a frame of page contents that holds this many. */
#define RRLOG_FRAME_PAGES 64

enum rrlog_frame_kind {
	RRLOG_FRAME_RECORDS = 1,
	RRLOG_FRAME_PAGE_CONTENTS = 2,
	RRLOG_FRAME_PAGE_REFERENCES = 3,
	RRLOG_FRAME_BLOB_BYTES = 4,
	RRLOG_FRAME_EVENT_INDEX = 5,
	RRLOG_FRAME_BLOB_INDEX = 6,
};

/* Flag of a frame: a reader that does not know its kind may skip it. */
#define RRLOG_FRAME_OPTIONAL 1

/* The first 64 bytes of a file; this layout is the same in every version. */
struct rrlog_file_header {
	uint8_t magic[RRLOG_MAGIC_BYTES];
	uint32_t version;
	uint32_t reserved_zero;
	uint64_t must_features;
	uint64_t may_features;
	uint8_t trace_id[16]; /* random, the same in all files of a trace */
	uint32_t manifest_checksum; /* in "events"; 0 in other files */
	uint32_t reserved_zero_2[2];
	uint32_t checksum; /* of the 60 bytes above */
};

enum rrlog_file_state_value {
	RRLOG_STATE_OPEN = 0, /* still being written, or the writer died */
	RRLOG_STATE_COMPLETE = 1,
};

/* The next 64 bytes; the writer rewrites them once, at the clean end. */
struct rrlog_file_state {
	uint8_t state;
	uint8_t reserved_zero[7];
	/* Zero while the file is open: */
	uint64_t total_bytes; /* size of the file */
	uint64_t total_items; /* in all its frames */
	uint32_t chain; /* chain value of the last frame */
	uint32_t reserved_zero_2[8];
	uint32_t checksum; /* of the 60 bytes above */
};

/* Header of a frame; its stored bytes follow. */
struct rrlog_frame_header {
	uint32_t magic;
	uint8_t kind;
	uint8_t codec;
	uint16_t flags;
	uint32_t raw_bytes;
	uint32_t stored_bytes;
	uint32_t item_count; /* records, page contents, bytes or frame refs */
	uint32_t stored_checksum; /* of the stored bytes */
	uint64_t first_ordinal; /* number of items in the frames before */
	uint64_t time_ns; /* host time since the recording began */
	uint64_t first_branches; /* highest branch count up to the first item */
	uint64_t salt; /* first 8 bytes of the trace id */
	uint32_t chain; /* chain value of the frame before, or of the header */
	uint32_t checksum; /* of the 60 bytes above, extending .chain */
};

#define RRLOG_HEADER_BYTES 64
#define RRLOG_CHECKED_BYTES 60
#define RRLOG_FRAMES_OFFSET (2 * RRLOG_HEADER_BYTES)

_Static_assert(sizeof(struct rrlog_file_header) == RRLOG_HEADER_BYTES, "size");
_Static_assert(sizeof(struct rrlog_file_state) == RRLOG_HEADER_BYTES, "size");
_Static_assert(sizeof(struct rrlog_frame_header) == RRLOG_HEADER_BYTES, "size");

#endif
