/*
 * Fetching data that is stored outside of its record: in "blobs" or in an
 * image.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FETCH_INTERNAL_H
#define RRLOG_FETCH_INTERNAL_H

#include "common/logfmt/trace/reader-state-internal.h"

/**
 * Fetch the data that rrlog_needs_fetch() is about, as .fetch says.  Returns 1;
 * -EAGAIN if rrlog_reader_next() does not return this record; an error.
 */
int rrlog_fetch(struct rrlog_reader *r, struct rrlog_record *rec);

#endif
