/*
 * Finding frames: the file "index", which spares a reader to read all headers
 * (FORMAT.md, "Index"), and seeking.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_INDEX_H
#define RRLOG_INDEX_H

#include "common/logfmt/file/frame-reader.h"

/**
 * Fill the empty tables of @events and of @blobs (may be NULL) from the file
 * "index".  What is missing or wrong there is left out: an index only helps.
 */
void rrlog_index_load(const struct rrlog_store *store,
		      struct rrlog_frame_reader *events,
		      struct rrlog_frame_reader *blobs);

/**
 * Stand before the last frame whose key is at most @target (the first one, if
 * there is no such): 1; 0 if the file has no frames; negative on damage.
 */
int rrlog_frame_seek(struct rrlog_frame_reader *fr, enum rrlog_seek_key key,
		     uint64_t target);

#endif
