/*
 * Checking the file "index", and making it anew.
 *
 * A reader can do without it, so what is wrong there is not damage of a trace;
 * but seeking is slow then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_INDEX_CHECK_H
#define RRLOG_INDEX_CHECK_H

#include "common/logfmt/file/store.h"

/**
 * Compare each frame ref in "index" with the frame that it leads to, and see
 * that no frame lacks one.  The index of an incomplete trace may end early.
 * Returns 0, or -EBADMSG and the text in @error if it is wrong or missing.
 * Damage of other files is left to their readers.
 */
int rrlog_index_check(const struct rrlog_store *store,
		      struct rrlog_error *error);

/**
 * Replace "index" of the directory @store by one made from the headers of all
 * frames.  Returns 0, or a negative errno value and the text in @error: -EROFS
 * for a packed trace, -EBADMSG if "events" or "blobs" is damaged; then the old
 * index stays.
 */
int rrlog_index_rebuild(const struct rrlog_store *store,
			struct rrlog_error *error);

#endif
