/*
 * JSON, as the commands print it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_JSON_H
#define RR_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Add a member.  A number of 2^63 or more is text: JSON-GLib cannot hold it.
 */
void rr_json_add_u64(JsonBuilder *b, const char *key, uint64_t value);

/** Add "0x1f": an address, or the value of a register, which has 64 bits. */
void rr_json_add_hex(JsonBuilder *b, const char *key, uint64_t value);

/** Add text; @value may be NULL. */
void rr_json_add_string(JsonBuilder *b, const char *key, const char *value);

void rr_json_add_bool(JsonBuilder *b, const char *key, bool value);
void rr_json_add_double(JsonBuilder *b, const char *key, double value);

/** Write what was built and a newline to the file @path; frees @b. */
bool rr_json_write(JsonBuilder *b, const char *path, GError **error);

/** Print what was built and a newline; frees @b. */
void rr_json_print(JsonBuilder *b, bool pretty);

#endif
