/*
 * The parts of rr-log stats.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_TOOL_STATS_H
#define RRLOG_TOOL_STATS_H

#include <glib.h>

#include "common/logfmt/rrlog.h"

#define STATS_TYPES 256
#define STATS_TOP 10
#define STATS_INTERVALS 20

struct type_stats {
	uint64_t count;
	uint64_t landmark_count;
	uint64_t landmark_bytes; /* part of encoded_bytes */
	uint64_t encoded_bytes;
	uint64_t data_bytes;
};

/* A port, address, MSR or vector, and its records of one type. */
struct address_stats {
	uint8_t type;
	uint64_t address;
	uint64_t count;
	uint64_t encoded_bytes;
};

/* An interval of host time. */
struct interval {
	uint64_t count;
	uint64_t raw_bytes;
	uint64_t stored_bytes;
};

struct stats {
	struct type_stats types[STATS_TYPES];
	struct type_stats total;
	GHashTable *addresses; /* struct address_stats, by type and address */
	uint64_t other_addresses; /* records at further addresses */
	struct interval intervals[STATS_INTERVALS];
	uint64_t interval_ns;
	uint64_t time_ns; /* host time of the last frame */
	uint64_t branches; /* at the last landmark */
	uint64_t page_count; /* of the start state, without zero pages */
	struct rrlog_reader_position end;
};

/** Read all of the trace.  Returns 0 or the reader's error. */
int stats_collect(struct stats *s, struct rrlog_reader *r);

/** The number of intervals. */
unsigned int stats_interval_count(const struct stats *s);
/** The length of interval @i: ->interval_ns, or less for the last one. */
uint64_t stats_interval_ns(const struct stats *s, unsigned int i);

/* The types of records whose addresses are counted. */
struct address_kind {
	enum rrlog_type type;
	unsigned int field; /* the index of the field with the address */
	const char *title;
};

extern const struct address_kind stats_address_kinds[];
extern const unsigned int stats_address_kind_count;

/** The addresses of a type, most frequent first.  Free with g_list_free(). */
GList *stats_addresses(const struct stats *s, unsigned int type);

void stats_print_text(const struct stats *s);
void stats_print_json(const struct rrlog_reader *r, const struct stats *s);

#endif
