/*
 * A trace in a few numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_SUMMARY_H
#define RR_SUMMARY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct rr_summary {
	uint64_t records;
	uint64_t interrupts; /* and NMIs */
	uint64_t dma_bytes;
	uint64_t branches; /* at the last landmark */
	uint64_t stored_bytes; /* all files of the trace */
	unsigned int end_reason; /* enum rrlog_end_reason; 0: no end record */
	bool complete;
};

/**
 * Read all records of @trace and count.  Returns an exit status (enum rr_exit),
 * and @error unless it is RR_EXIT_OK.
 */
int rr_summary_read(const char *trace, struct rr_summary *s, GError **error);

/** How the recording ended, in words. */
const char *rr_summary_end_text(const struct rr_summary *s);

#endif
