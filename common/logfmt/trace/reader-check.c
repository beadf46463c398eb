/*
 * A reader that checks the meaning of records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "common/logfmt/trace/reader-check-internal.h"

#include <errno.h>

int rrlog_reader_check_record(struct rrlog_reader *r,
			      const struct rrlog_record *rec)
{
	const struct rrlog_type_info *info = rrlog_type_info(rec->type);
	char text[RRLOG_CHECK_TEXT_BYTES];

	if (!r->check ||
	    !rrlog_check_record(r->check, rec, r->position.frame_time_ns, text))
		return 0;
	return rrlog_fail(&r->error, -EBADMSG, "%s: record %llu (%s): %s",
			  r->events.name,
			  (unsigned long long)rrlog_reader_record_count(r) - 1,
			  info ? info->name : "?", text);
}

int rrlog_reader_check_end(struct rrlog_reader *r)
{
	char text[RRLOG_CHECK_TEXT_BYTES];

	if (!r->check || !rrlog_frame_reader_is_complete(&r->events) ||
	    !rrlog_check_end(r->check, text))
		return 0;
	return rrlog_fail(&r->error, -EBADMSG, "%s: at the end: %s",
			  r->events.name, text);
}

/* ---- rrlog.h ---- */

int rrlog_reader_check(struct rrlog_reader *r)
{
	char text[RRLOG_CHECK_TEXT_BYTES];
	int err;

	if (r->failed)
		return r->failed;
	rrlog_check_free(r->check);
	err = rrlog_check_new(&r->manifest,
			      r->events.start.header.must_features, &r->check,
			      text);
	if (err)
		r->failed = rrlog_fail(&r->error, err, "%s/%s: %s",
				       r->store.path, RRLOG_FILE_MANIFEST,
				       text);
	return err;
}

uint64_t rrlog_reader_digested_bytes(const struct rrlog_reader *r)
{
	return r->check ? rrlog_check_digested_bytes(r->check) : 0;
}
