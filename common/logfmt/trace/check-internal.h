/*
 * What records may say: the limits that FORMAT.md gives ("Limits of fields").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_CHECK_INTERNAL_H
#define RRLOG_CHECK_INTERNAL_H

#include "common/logfmt/data/images.h"
#include "common/logfmt/data/manifest.h"
#include "common/logfmt/rrlog.h"

/* What the records so far have said. */
struct rrlog_check;

/* Room for the words of a check, "slot 1024: there are 1024 slots". */
#define RRLOG_CHECK_TEXT_BYTES 160

/**
 * Begin before the first record of a trace with this manifest; @features: that a
 * reader of "events" must know.  -EBADMSG, with words in @text: no replay can
 * begin with the manifest.
 */
int rrlog_check_new(const struct rrlog_manifest *m, uint64_t features,
		    struct rrlog_check **check, char *text);
void rrlog_check_free(struct rrlog_check *check);
/** A copy of @check, of the same manifest; NULL if memory is short. */
struct rrlog_check *rrlog_check_copy(const struct rrlog_check *check);

/**
 * Check the next record.  @frame_time_ns: of its frame.  The data of a record
 * may be missing, its size may not.  -EBADMSG, with words in @text.
 */
int rrlog_check_record(struct rrlog_check *check,
		       const struct rrlog_record *rec, uint64_t frame_time_ns,
		       char *text);

/**
 * Check that nothing is missing at the end of a complete trace: the end record,
 * and a digest of each byte of RAM.  -EBADMSG, with words in @text.
 */
int rrlog_check_end(const struct rrlog_check *check, char *text);

/** Bytes of RAM that digests state so far. */
uint64_t rrlog_check_digested_bytes(const struct rrlog_check *check);

#endif
