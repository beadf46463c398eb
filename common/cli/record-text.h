/*
 * Records and end reasons in words.
 *
 * Depends on GLib and librrlog alone: the replayer in QEMU uses it too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_TEXT_H
#define RR_RECORD_TEXT_H

#include <glib.h>
#include <stdbool.h>

#include "common/logfmt/rrlog.h"

/* Bytes of a record's data that rr_record_text_line() prints. */
#define RR_RECORD_TEXT_DATA_BYTES 16

/**
 * Append record number @number to @out, all in one line without a newline:
 * type, guest output so far, landmark, fields, the first bytes of the data.
 * @all_registers: of the landmark, instead of rip and rcx.
 */
void rr_record_text_line(GString *out, uint64_t number,
			 const struct rrlog_record *rec, bool all_registers);

/**
 * A record for a report: type, fields, length of the data, branch and rip.
 * Needs no @rec->data.  Free the text with g_free().
 */
char *rr_record_text_brief(const struct rrlog_record *rec);

/** Append @count bytes as hexadecimal digits. */
void rr_append_hex(GString *out, const void *bytes, size_t count);

/** @reason: of the end record, an enum rrlog_end_reason; 0 if there is none. */
const char *rr_end_reason_text(uint64_t reason);

/**
 * What the recording processor was at the start and not at the end, "cpu.silicon
 * zen3, at the end core; ..."; NULL: nothing, or the end is not known.  Free it
 * with g_free().
 */
char *rr_processor_change_text(const struct rrlog_reader *r);

#endif
