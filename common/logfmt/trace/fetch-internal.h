/*
 * Records whose bytes are elsewhere: in blobs, or in a disk image.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_FETCH_INTERNAL_H
#define RRLOG_FETCH_INTERNAL_H

#include "common/logfmt/trace/reader-internal.h"

/** Fetch what a record names: 1, -EAGAIN if it is none for the caller, or an error.
 */
int rrlog_fetch(struct rrlog_reader *r, struct rrlog_record *rec);

#endif
