/*
 * JSON output of the commands.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_JSON_H
#define RRLOG_TOOL_JSON_H

#include <json-glib/json-glib.h>

#include "common/logfmt/rrlog.h"

/** A member; a number that JSON-GLib cannot hold (2^63 and more) is text. */
void tool_add_u64(JsonBuilder *b, const char *key, uint64_t value);
/** "0x1f": for addresses and values of registers, which have all 64 bits. */
void tool_add_hex(JsonBuilder *b, const char *key, uint64_t value);
/** @value may be NULL. */
void tool_add_string(JsonBuilder *b, const char *key, const char *value);
void tool_add_bool(JsonBuilder *b, const char *key, bool value);

/** Print what was built, with a newline; frees @b. */
void tool_print_json(JsonBuilder *b, bool pretty);

/** A record as an object, with at most @data_limit bytes of its data. */
void tool_add_record(JsonBuilder *b, uint64_t number,
		     const struct rrlog_record *rec, size_t data_limit);

#endif
