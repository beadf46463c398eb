/*
 * Mutants of traces: a copy with one thing changed, and with right checksums, as
 * a hostile writer would make it.  The fuzz targets change bytes; this changes
 * the meaning.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RRLOG_MUTATE_H
#define RRLOG_MUTATE_H

#include <stdint.h>

#define RRLOG_MUTATE_TEXT_BYTES 160

/** The name of kind @i of mutations, or NULL behind the last one. */
const char *rrlog_mutate_kind(unsigned int i);

#define RRLOG_MUTATE_ANY UINT64_MAX

/**
 * Write @out, a mutant of the trace @in that is determined by @kind and @seed.
 * @record: change this one (from 0), or the first behind it that this kind can
 * change; RRLOG_MUTATE_ANY: one that @seed determines.
 * @text, of RRLOG_MUTATE_TEXT_BYTES, gets what was changed.  Returns 1; 0: there
 * is no such mutant of this trace; -ENOENT: no such kind; or an error of librrlog.
 */
int rrlog_mutate(const char *in, const char *out, const char *kind,
		 uint32_t seed, uint64_t record, char *text);

#endif
