/*
 * A reader that checks the meaning of records.  Without rrlog_reader_check()
 * these do nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_READER_CHECK_INTERNAL_H
#define RRLOG_READER_CHECK_INTERNAL_H

#include "common/logfmt/trace/reader-state-internal.h"

/** Check the record that the cursor has just passed; -EBADMSG with a text. */
int rrlog_reader_check_record(struct rrlog_reader *r,
			      const struct rrlog_record *rec);
/** Check that a complete trace lacks nothing; -EBADMSG with a text. */
int rrlog_reader_check_end(struct rrlog_reader *r);

#endif
