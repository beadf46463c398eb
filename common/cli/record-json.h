/*
 * A record as JSON.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_RECORD_JSON_H
#define RR_RECORD_JSON_H

#include <json-glib/json-glib.h>

#include "common/logfmt/rrlog.h"

/** Add a record as an object, with at most @data_limit bytes of its data. */
void rr_json_add_record(JsonBuilder *b, uint64_t number,
			const struct rrlog_record *rec, size_t data_limit);

#endif
