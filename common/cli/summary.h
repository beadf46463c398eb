/*
 * What a trace holds, in a few lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SUMMARY_H
#define RR_SUMMARY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/logfmt/rrlog.h"

struct rr_summary {
	uint64_t records;
	uint64_t interrupts;
	uint64_t dma_bytes;
	uint64_t branches; /* up to the last landmark */
	uint64_t stored_bytes; /* all files of the trace */
	unsigned int end_reason; /* enum rrlog_end_reason; 0: no end record */
	bool complete;
};

/** Exit status: 0, or as rr_summary_status(). */
int rr_summary_read(const char *trace, struct rr_summary *s, GError **error);

/** The program's exit status for a reader that gave @err. */
int rr_summary_status(int err);

const char *rr_summary_end_text(const struct rr_summary *s);

#endif
