/*
 * Finding frames.  The file "index" saves a reader from reading the headers of
 * all frames (FORMAT.md, "Index").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_INDEX_H
#define RRLOG_INDEX_H

#include "common/logfmt/file/frame-reader.h"

/**
 * Fill the empty tables of @events and @blobs (may be NULL) from the file
 * "index".  This never fails: what is missing or wrong there is left out.
 */
void rrlog_index_load(const struct rrlog_store *store,
		      struct rrlog_frame_reader *events,
		      struct rrlog_frame_reader *blobs);

/** The ref of the frame whose header @fr has just read. */
struct rrlog_frame_ref
rrlog_frame_reader_ref(const struct rrlog_frame_reader *fr);

/** Move @fr to before the frame at @ref, which such a reader has given. */
void rrlog_frame_move(struct rrlog_frame_reader *fr,
		      const struct rrlog_frame_ref *ref);

/**
 * Move @fr to before the last frame whose key is at most @target, or before the
 * first frame if there is none.  Returns 1; 0 if the file has no frames;
 * negative on damage.
 */
int rrlog_frame_seek(struct rrlog_frame_reader *fr, enum rrlog_seek_key key,
		     uint64_t target);

#endif
